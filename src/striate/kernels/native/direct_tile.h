// The innermost part of a direct convolution: a few pixels times 16 or 32 filters in registers.
#pragma once

#include <array>
#include <utility>

#include "direct_geometry.h"
#include "vectors.h"

namespace striate {

// What a tile is told, beside its pixels.
struct Work {
    const ConvShape &s;
    const ConvValues &v;
    Activated activated;
    const Run *runs;
    int64_t first_run, last_run;
    bool begins, ends;    // the sums begin with the first part, end with the last
    bool streams;         // the result goes past the caches: whole vectors, not leaky
    const float *weights = nullptr; // the packed rows of the first run
    int64_t filter = 0;             // the first of 16 or 32
    int64_t across = 1;             // cells of the result from one pixel's to the next one's

    // Input of the tile to come, fetched into the L2 cache in `lines` at a time, before each run.
    mutable const char *ahead = nullptr;
    const char *ahead_end = nullptr;
    int64_t lines = 0;

    void fetch() const {
        const char *end = std::min(ahead + lines * 64, ahead_end);
        const char *line = ahead;
        for (; line < end; line += 64)
            _mm_prefetch(line, _MM_HINT_T1);
        ahead = line;
    }
};

// Sums of P pixels and 16 B filters. P = 12 and B = 2 take 24 registers for the sums, 2 for the
// weights and 1 for a value: 27 of 32; 12 pointers, an index, the weights' pointer and the end of
// the run: 15 general registers, all there are beside the stack's.
template <class Math, int P, int B> class Tile {
    using Value = typename Math::Value;
    using Sums = __m512[P][B];

  public:
    // P pixels that begin at base + at[i]; P cells of the result from `cell` on (P / 4 if pooled).
    static void run(const Work &work, const Value *base, const int64_t *at, int64_t cell,
                    float *partial) {
        Sums sum;
        if (work.begins)
            begin(work, sum);
        else
            load(partial, sum);
        accumulate(work, base, at, sum);
        if (!work.ends)
            keep(partial, sum);
        else if (work.s.pool == 1)
            finish(work, cell, sum);
        else if constexpr (P % 4 == 0)
            finish_pooled(work, cell, sum);
    }

  private:
    [[gnu::always_inline]] static void begin(const Work &work, Sums &sum) {
#pragma GCC unroll 2
        for (int b = 0; b < B; ++b) {
            const int64_t o = work.filter + b * LANES;
            const __mmask16 in = lanes(work.v.bias ? work.s.filters - o : 0);
            const __m512 bias = _mm512_maskz_loadu_ps(in, work.v.bias + o);
#pragma GCC unroll 12
            for (int p = 0; p < P; ++p)
                sum[p][b] = bias;
        }
    }

    [[gnu::always_inline]] static void load(const float *partial, Sums &sum) {
#pragma GCC unroll 12
        for (int p = 0; p < P; ++p)
#pragma GCC unroll 2
            for (int b = 0; b < B; ++b)
                sum[p][b] = _mm512_load_ps(partial + (p * B + b) * LANES);
    }

    [[gnu::always_inline]] static void keep(float *partial, const Sums &sum) {
#pragma GCC unroll 12
        for (int p = 0; p < P; ++p)
#pragma GCC unroll 2
            for (int b = 0; b < B; ++b)
                _mm512_store_ps(partial + (p * B + b) * LANES, sum[p][b]);
    }

    [[gnu::always_inline]] static void accumulate(const Work &work, const Value *base,
                                                  const int64_t *at, Sums &sum) {
        const Value *x[P];
#pragma GCC unroll 12
        for (int p = 0; p < P; ++p)
            x[p] = base + at[p];
        const float *w = work.weights;
        for (int64_t r = work.first_run; r < work.last_run; ++r) {
            if (work.lines)
                work.fetch();
            int64_t i = work.runs[r].at;
            const int64_t end = i + work.runs[r].rows * Math::STEP;
            for (; i < end; i += Math::STEP, w += B * LANES) {
                typename Math::Weights row[B];
#pragma GCC unroll 2
                for (int b = 0; b < B; ++b)
                    row[b] = Math::weights(w + b * LANES);
#pragma GCC unroll 12
                for (int p = 0; p < P; ++p) {
                    const typename Math::Weights value = Math::value(x[p] + i);
#pragma GCC unroll 2
                    for (int b = 0; b < B; ++b)
                        sum[p][b] = Math::add(sum[p][b], value, row[b]);
                }
            }
            w += work.runs[r].skipped * B * LANES;
        }
    }

    // The two ends of a tile branch once, not at each vector: full vectors of the usual
    // activations take the first way, everything takes the second.
    [[gnu::always_inline]] static void finish(const Work &work, int64_t cell, Sums &sum) {
        const int64_t step = work.s.y_row * work.across, here = cell * work.s.y_row + work.filter;
        if (work.v.add)
            add(work, here, sum);
        float *y = work.v.y + here;
        if (work.streams) {
#pragma GCC unroll 12
            for (int p = 0; p < P; ++p, y += step)
#pragma GCC unroll 2
                for (int b = 0; b < B; ++b)
                    _mm512_stream_ps(y + b * LANES, work.activated.clipped(sum[p][b]));
            return;
        }
        if (whole(work) && !work.activated.leaky) {
#pragma GCC unroll 12
            for (int p = 0; p < P; ++p, y += step)
#pragma GCC unroll 2
                for (int b = 0; b < B; ++b)
                    _mm512_storeu_ps(y + b * LANES, work.activated.clipped(sum[p][b]));
            return;
        }
#pragma GCC unroll 2
        for (int b = 0; b < B; ++b) {
            const __mmask16 in = lanes(work.s.filters - work.filter - b * LANES);
#pragma GCC unroll 12
            for (int p = 0; p < P; ++p)
                _mm512_mask_storeu_ps(y + p * step + b * LANES, in, work.activated(sum[p][b]));
        }
    }

    static bool whole(const Work &work) { return work.filter + B * LANES <= work.s.filters; }

    [[gnu::always_inline]] static void add(const Work &work, int64_t here, Sums &sum) {
#pragma GCC unroll 2
        for (int b = 0; b < B; ++b) {
            const __mmask16 in = lanes(work.s.filters - work.filter - b * LANES);
            const float *other = work.v.add + here + b * LANES;
#pragma GCC unroll 12
            for (int p = 0; p < P; ++p, other += work.s.y_row * work.across)
                sum[p][b] = _mm512_add_ps(sum[p][b], _mm512_maskz_loadu_ps(in, other));
        }
    }

    // The largest of each four, the first of equals; a NaN is larger than any number.
    [[gnu::always_inline]] static void finish_pooled(const Work &work, int64_t cell, Sums &sum) {
        if (work.v.add)
            add_unpooled(work, cell, sum);
        const bool usual = whole(work) && !work.activated.leaky;
        if (usual && work.v.code == nullptr) {
            float *y = work.v.y + cell * work.s.y_row + work.filter;
#pragma GCC unroll 3
            for (int c = 0; c < P; c += 4, y += work.s.y_row)
#pragma GCC unroll 2
                for (int b = 0; b < B; ++b) {
                    const __m512 best =
                        largest(sum[c][b], sum[c + 1][b], sum[c + 2][b], sum[c + 3][b]);
                    _mm512_storeu_ps(y + b * LANES, work.activated.clipped(best));
                }
            return;
        }
#pragma GCC unroll 2
        for (int b = 0; b < B; ++b)
#pragma GCC unroll 3
            for (int c = 0; c < P / 4; ++c)
                pooled(work, cell + c, work.filter + b * LANES, sum[4 * c][b], sum[4 * c + 1][b],
                       sum[4 * c + 2][b], sum[4 * c + 3][b]);
    }

    static __m512 largest(__m512 a, __m512 b, __m512 c, __m512 d) {
        const __mmask16 nan =
            _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q) | _mm512_cmp_ps_mask(c, d, _CMP_UNORD_Q);
        const __m512 best = _mm512_max_ps(_mm512_max_ps(a, b), _mm512_max_ps(c, d));
        return _mm512_mask_mov_ps(best, nan, _mm512_set1_ps(__builtin_nanf("")));
    }

    // A cell's 16 filters from `o` on, with the winners' codes.
    [[gnu::always_inline]] static void pooled(const Work &work, int64_t cell, int64_t o, __m512 a,
                                              __m512 b, __m512 c, __m512 d) {
        const ConvShape &s = work.s;
        const __mmask16 in = lanes(s.filters - o);
        const __m512 best = largest(a, b, c, d);
        store(work.v.y + cell * s.y_row + o, in, work.activated(best));
        if (work.v.code == nullptr)
            return;
        __mmask16 is_a = _mm512_cmp_ps_mask(a, best, _CMP_EQ_OQ);
        __mmask16 is_b = _mm512_cmp_ps_mask(b, best, _CMP_EQ_OQ);
        __mmask16 is_c = _mm512_cmp_ps_mask(c, best, _CMP_EQ_OQ);
        if (__builtin_expect(_mm512_cmp_ps_mask(best, best, _CMP_UNORD_Q), 0)) {
            is_a |= _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);
            is_b |= _mm512_cmp_ps_mask(b, b, _CMP_UNORD_Q);
            is_c |= _mm512_cmp_ps_mask(c, c, _CMP_UNORD_Q);
        }
        const __mmask16 dead = _mm512_cmp_ps_mask(best, work.activated.dead, _CMP_LE_OQ);
        __m128i winner = _mm_mask_mov_epi8(_mm_set1_epi8(3), is_c, _mm_set1_epi8(2));
        winner = _mm_mask_mov_epi8(winner, is_b, _mm_set1_epi8(1));
        winner = _mm_mask_mov_epi8(winner, is_a, _mm_setzero_si128());
        winner = _mm_mask_mov_epi8(winner, dead, _mm_set1_epi8(4));
        store_bytes(work.v.code + cell * s.filters + o, in, winner);
    }

    static void add_unpooled(const Work &work, int64_t cell, Sums &sum) {
        const ConvShape &s = work.s;
        const int64_t rows = s.out_h / 2, columns = s.out_w / 2;
#pragma GCC unroll 12
        for (int p = 0; p < P; ++p) {
            const int64_t c = cell + p / 4, n = c / (rows * columns);
            const int64_t h = c / columns % rows * 2 + p / 2 % 2, w = c % columns * 2 + p % 2;
            const int64_t place = ((n * s.out_h + h) * s.out_w + w) * s.y_row + work.filter;
#pragma GCC unroll 2
            for (int b = 0; b < B; ++b) {
                const __mmask16 in = lanes(s.filters - work.filter - b * LANES);
                const float *add = work.v.add + place + b * LANES;
                sum[p][b] = _mm512_add_ps(sum[p][b], _mm512_maskz_loadu_ps(in, add));
            }
        }
    }
};

} // namespace striate
