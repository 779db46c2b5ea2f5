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
    const float *weights; // the packed rows of the first run
    int64_t filter;       // the first of 16 or 32
    bool begins, ends;    // the sums begin with the first part, end with the last
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
        }
    }

    [[gnu::always_inline]] static void finish(const Work &work, int64_t cell, const Sums &sum) {
        const int64_t step = work.s.y_row, here = cell * step + work.filter;
#pragma GCC unroll 2
        for (int b = 0; b < B; ++b) {
            const __mmask16 in = lanes(work.s.filters - work.filter - b * LANES);
#pragma GCC unroll 12
            for (int p = 0; p < P; ++p) {
                const int64_t place = here + p * step + b * LANES;
                __m512 v = sum[p][b];
                if (work.v.add)
                    v = _mm512_add_ps(v, _mm512_maskz_loadu_ps(in, work.v.add + place));
                store(work.v.y + place, in, work.activated(v));
            }
        }
    }

    // The largest of each four, the first of equals; a NaN is larger than any number.
    [[gnu::always_inline]] static void finish_pooled(const Work &work, int64_t cell, Sums &sum) {
        const ConvShape &s = work.s;
        if (work.v.add)
            add_unpooled(work, cell, sum);
#pragma GCC unroll 2
        for (int b = 0; b < B; ++b) {
            const int64_t o = work.filter + b * LANES;
            const __mmask16 in = lanes(s.filters - o);
#pragma GCC unroll 3
            for (int c = 0; c < P / 4; ++c) {
                __m512 best = sum[4 * c][b];
                __m512i winner = _mm512_setzero_si512();
#pragma GCC unroll 3
                for (int i = 1; i < 4; ++i) {
                    const __m512 other = sum[4 * c + i][b];
                    const __mmask16 number = _mm512_cmp_ps_mask(best, best, _CMP_ORD_Q);
                    const __mmask16 more =
                        _mm512_mask_cmp_ps_mask(number, other, best, _CMP_NLE_UQ);
                    best = _mm512_mask_mov_ps(best, more, other);
                    winner = _mm512_mask_mov_epi32(winner, more, _mm512_set1_epi32(i));
                }
                store(work.v.y + (cell + c) * s.y_row + o, in, work.activated(best));
                if (work.v.code == nullptr)
                    continue;
                if (s.activation == RELU) {
                    const __mmask16 dead =
                        _mm512_cmp_ps_mask(best, _mm512_setzero_ps(), _CMP_LE_OQ);
                    winner = _mm512_mask_mov_epi32(winner, dead, _mm512_set1_epi32(4));
                }
                store_bytes(work.v.code + (cell + c) * s.filters + o, in, winner);
            }
        }
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
