// A 1x1 convolution of stride 1 with its bias and ReLU, forward and all gradients in one pass.
//
// It is a product of a matrix (pixels, channels) with the weights (filters, channels); so are both
// of its gradients:
//
//   y[p][o]       = bias[o] + sum over c of x[p][c] weights[o][c]
//   dx[p][c]      = sum over o of g[p][o] weights[o][c]      (added to what dx holds, if asked for)
//   dweights[o][c] = sum over p of g[p][o] x[p][c]
//
// where g counts as 0 where the ReLU gave 0. A thread takes some pixels at a time that stay in its
// L2 cache, of those 32 columns of the result, whose factors are laid side by side for the L1, of
// those up to 12 rows. In the backward pass one copy of g, masked, and one of x serve everything.
// For each thread the weights' gradient is a sum of its own; at the end they are added up. Of "deep"
// products, of a pixel an image and too many weights for that, each thread takes some channels.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <utility>

#include "conv.h"
#include "scratch.h"
#include "slice.h"
#include "transpose.h"
#include "vectors.h"

namespace striate {
namespace {

constexpr int ROWS = 12, WIDE = 2 * LANES;  // of a tile
constexpr int64_t BLOCK_VALUES = 64 << 10;  // of maps: a quarter of the L2 cache
constexpr int64_t MOST_WEIGHTS = 64 << 10;  // whose sums each thread keeps beside them
constexpr int64_t MOST_DEEP = 2 << 20, DEEP_FILTERS = 128; // of deep products
constexpr int64_t DEPTH = 256, PARTS = 8; // of their sums, however many threads there are

struct Tile {
    const float *a;   // the rows' factors: a[r * row + k], or a[r + k * row]
    int64_t row;
    const float *b;   // (depth, 32): the columns' factors
    int64_t depth;
    const float *start; // what the sums begin with, or null: 0
    int64_t start_row;  // 0: the same for all rows
    float *y;
    int64_t y_row;
    __mmask16 last; // of the last vector
    bool clips;     // a ReLU at the end
};

// R rows of 16 V columns. R = 12 and V = 2 take 24 registers for the sums, 2 for columns' factors
// and one for a row's: 27 of 32.
template <bool ACROSS, int R, int V> void multiply(const Tile &t) {
    __m512 sum[R][V];
#pragma GCC unroll 12
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
        for (int v = 0; v < V; ++v)
            sum[r][v] = t.start == nullptr
                            ? _mm512_setzero_ps()
                            : _mm512_maskz_loadu_ps(v + 1 < V ? 0xffff : t.last,
                                                    t.start + r * t.start_row + v * LANES);
    const float *b = t.b;
    for (int64_t k = 0; k < t.depth; ++k, b += WIDE) {
        const float *a = ACROSS ? t.a + k * t.row : t.a + k;
        __m512 column[V];
#pragma GCC unroll 2
        for (int v = 0; v < V; ++v)
            column[v] = _mm512_load_ps(b + v * LANES);
#pragma GCC unroll 12
        for (int r = 0; r < R; ++r) {
            const __m512 value = _mm512_set1_ps(a[ACROSS ? r : r * t.row]);
#pragma GCC unroll 2
            for (int v = 0; v < V; ++v)
                sum[r][v] = _mm512_fmadd_ps(value, column[v], sum[r][v]);
        }
    }
    if (t.clips) // a NaN stays one: the second operand is taken then
#pragma GCC unroll 12
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
            for (int v = 0; v < V; ++v)
                sum[r][v] = _mm512_max_ps(_mm512_setzero_ps(), sum[r][v]);
#pragma GCC unroll 12
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
        for (int v = 0; v < V; ++v)
            store(t.y + r * t.y_row + v * LANES, v + 1 < V ? 0xffff : t.last, sum[r][v]);
}

using Multiply = void (*)(const Tile &);

template <bool ACROSS, int V, size_t... R>
constexpr std::array<Multiply, ROWS> table(std::index_sequence<R...>) {
    return {multiply<ACROSS, static_cast<int>(R) + 1, V>...};
}

// All of `rows` rows of one tile's width, in nearly equal tiles; `tile` is the first of them.
template <bool ACROSS> void multiply_rows(Tile tile, int64_t rows, int64_t columns) {
    static constexpr std::array<Multiply, ROWS> TILES[2] = {
        table<ACROSS, 1>(std::make_index_sequence<ROWS>()),
        table<ACROSS, 2>(std::make_index_sequence<ROWS>())};
    const bool two = columns > LANES;
    tile.last = lanes(columns - (two ? LANES : 0));
    const int64_t turns = (rows + ROWS - 1) / ROWS;
    const Tile first = tile;
    for (int64_t i = 0; i < turns; ++i) {
        const Slice part(rows, turns, i);
        tile.a = first.a + part.begin * (ACROSS ? 1 : tile.row);
        tile.y = first.y + part.begin * tile.y_row;
        if (first.start != nullptr)
            tile.start = first.start + part.begin * tile.start_row;
        TILES[two][part.size() - 1](tile);
    }
}

int64_t wide(int64_t columns) { return (columns + WIDE - 1) / WIDE * WIDE; }

// Rows of up to 32 values, side by side, with zeros behind the last.
void gather(const float *from, int64_t row, int64_t rows, int64_t columns, float *to) {
    const __mmask16 low = lanes(columns), high = lanes(columns - LANES);
    for (int64_t i = 0; i < rows; ++i, from += row, to += WIDE) {
        _mm_prefetch(from + WIDE, _MM_HINT_T0); // the next columns: too many rows for the processor
        _mm_prefetch(from + WIDE + LANES, _MM_HINT_T0);
        _mm512_store_ps(to, _mm512_maskz_loadu_ps(low, from));
        _mm512_store_ps(to + LANES, _mm512_maskz_loadu_ps(high, from + LANES));
    }
}

bool deep(const ConvShape &s) { return int64_t{s.filters} * s.channels > MOST_WEIGHTS; }

// Weights of some channels as (filters / 32, channels, 32).
void turn(const ConvShape &s, const float *weights, int64_t channels, float *to) {
    alignas(64) float part[LANES * LANES], turned[LANES * LANES];
    for (int64_t o = 0; o < wide(s.filters); o += LANES)
        for (int64_t c = 0; c < channels; c += LANES) {
            const int64_t count = std::min<int64_t>(LANES, channels - c);
            for (int64_t i = 0; i < LANES; ++i) {
                const __mmask16 in = o + i < s.filters ? lanes(count) : 0;
                const float *from = weights + (o + i) * s.channels + c;
                _mm512_store_ps(part + i * LANES, _mm512_maskz_loadu_ps(in, from));
            }
            transpose(part, LANES, turned, LANES);
            float *place = to + (o / WIDE * channels + c) * WIDE + o % WIDE;
            for (int64_t i = 0; i < count; ++i)
                _mm512_store_ps(place + i * WIDE, _mm512_load_ps(turned + i * LANES));
        }
}

// Pixels that are worked on at a time, where each has so many values.
int64_t block_pixels(int64_t values) {
    return std::clamp<int64_t>(BLOCK_VALUES / values, 2 * ROWS, 16 * ROWS) / ROWS * ROWS;
}

Status forward(const ConvShape &s, const Slice &pixels, const float *x, const float *weights,
               const float *bias, float *y) {
    thread_local Scratch memory;
    float *turned = memory.floats(wide(s.filters) * s.channels);
    if (turned == nullptr)
        return NO_MEMORY;
    turn(s, weights, s.channels, turned);
    const int64_t most = block_pixels(s.channels + s.filters);
    for (int64_t p = pixels.begin; p < pixels.end; p += most)
        for (int64_t o = 0; o < s.filters; o += WIDE) {
            const Tile tile{x + p * s.x_row, s.x_row, turned + o * s.channels, s.channels,
                            bias ? bias + o : nullptr, 0, y + p * s.y_row + o, s.y_row, 0,
                            s.activation == RELU};
            multiply_rows<false>(tile, std::min(most, pixels.end - p), s.filters - o);
        }
    return OK;
}

// Adds up the products of some channels, DEPTH at a time, to sums (pixels, filters) of a part.
Status sum_deep(const ConvShape &s, int64_t pixels, const Slice &blocks, const float *x,
                const float *weights, float *sums) {
    thread_local Scratch memory;
    const int64_t columns = wide(s.filters);
    float *turned = memory.floats(columns * DEPTH);
    if (turned == nullptr)
        return NO_MEMORY;
    std::fill(sums, sums + pixels * columns, 0.0f);
    for (int64_t i = blocks.begin; i < blocks.end; ++i) {
        const int64_t c = i * DEPTH, depth = std::min<int64_t>(DEPTH, s.channels - c);
        turn(s, weights + c, depth, turned);
        for (int64_t o = 0; o < columns; o += WIDE) {
            const Tile tile{x + c, s.x_row, turned + o * depth, depth, sums + o, columns,
                            sums + o, columns, 0, false};
            multiply_rows<false>(tile, pixels, WIDE);
        }
    }
    return OK;
}

Status forward_deep(const ConvShape &s, int64_t pixels, const float *x, const float *weights,
                    const float *bias, float *y, int threads) {
    thread_local Scratch memory;
    const int64_t columns = wide(s.filters), each = pixels * columns;
    float *sums = memory.floats(each * PARTS);
    if (sums == nullptr)
        return NO_MEMORY;
    int failed = 0;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(| : failed)
    for (int64_t i = 0; i < PARTS; ++i) {
        const Slice blocks((s.channels + DEPTH - 1) / DEPTH, PARTS, i);
        failed |= sum_deep(s, pixels, blocks, x, weights, sums + i * each);
    }
    for (int64_t p = 0; p < pixels && !failed; ++p)
        for (int64_t o = 0; o < s.filters; o += LANES) {
            const __mmask16 in = lanes(s.filters - o);
            __m512 sum = _mm512_maskz_loadu_ps(bias ? in : 0, bias + o);
            for (int64_t i = 0; i < PARTS; ++i)
                sum = _mm512_add_ps(sum, _mm512_load_ps(sums + i * each + p * columns + o));
            if (s.activation == RELU) // a NaN stays one
                sum = _mm512_max_ps(_mm512_setzero_ps(), sum);
            store(y + p * s.y_row + o, in, sum);
        }
    return failed ? NO_MEMORY : OK;
}

struct Gradients {
    const ConvShape &s;
    const float *x, *weights, *mask, *g;
    float *dx, *dweights, *dbias;
    bool adds;

    int64_t padded() const { return (s.filters + LANES - 1) / LANES * LANES; }
    int64_t kept() const { return deep(s) ? 0 : s.filters * wide(s.channels); } // by a thread
    int64_t sums() const { return dweights ? kept() + padded() : 0; }

    // g of some pixels, 0 where the ReLU was shut; its sum is added to `total`.
    void open(int64_t first, int64_t count, float *to, float *total) const {
        for (int64_t o = 0; o < s.filters; o += LANES) {
            const __mmask16 in = lanes(s.filters - o);
            __m512 sum = _mm512_setzero_ps();
            for (int64_t p = 0; p < count; ++p) {
                const int64_t at = (first + p) * s.y_row + o;
                __mmask16 alive = in;
                if (mask != nullptr) // a NaN is not at or below 0: it stays visible
                    alive = _mm512_mask_cmp_ps_mask(in, _mm512_maskz_loadu_ps(in, mask + at),
                                                    _mm512_setzero_ps(), _CMP_NLE_UQ);
                const __m512 value = _mm512_maskz_loadu_ps(alive, g + at);
                _mm512_store_ps(to + p * padded() + o, value);
                sum = _mm512_add_ps(sum, value);
            }
            if (total != nullptr)
                _mm512_store_ps(total + o, _mm512_add_ps(_mm512_load_ps(total + o), sum));
        }
    }

    // Writes dx of some pixels and channels, by 32; adds to `sums`, (channels / 32, filters, 32)
    // and (filters). Deep products have no sums for the weights, whose gradient they write.
    Status share(const Slice &pixels, const Slice &blocks, float *sums) const {
        thread_local Scratch memory;
        const bool direct = deep(s);
        const int64_t most = direct ? 16 * ROWS : block_pixels(s.filters + 2 * s.channels);
        float *opened = memory.floats(most * (padded() + WIDE) + int64_t{s.filters} * WIDE);
        if (opened == nullptr)
            return NO_MEMORY;
        float *its_x = opened + most * padded(), *its_weights = its_x + most * WIDE;
        float *total = sums ? sums + kept() : nullptr;
        for (int64_t p = pixels.begin; p < pixels.end; p += most) {
            const int64_t count = std::min(most, pixels.end - p);
            open(p, count, opened, total);
            for (int64_t i = blocks.begin; i < blocks.end; ++i) {
                const int64_t c = i * WIDE, left = s.channels - c;
                if (dx != nullptr) {
                    gather(weights + c, s.channels, s.filters, left, its_weights);
                    float *place = dx + p * s.channels + c;
                    const Tile tile{opened, padded(), its_weights, s.filters,
                                    adds ? place : nullptr, s.channels, place, s.channels, 0, false};
                    multiply_rows<false>(tile, count, left);
                }
                if (sums != nullptr) {
                    gather(x + p * s.x_row + c, s.x_row, count, left, its_x);
                    float *place = direct ? dweights + c : sums + c * s.filters;
                    const int64_t row = direct ? int64_t{s.channels} : WIDE;
                    const float *start = direct && p == pixels.begin ? nullptr : place;
                    const Tile tile{opened, padded(), its_x, count, start, row, place, row, 0,
                                    false};
                    multiply_rows<true>(tile, s.filters, std::min<int64_t>(left, WIDE));
                }
            }
        }
        return OK;
    }

    // The sum of what each of `parts` found.
    void finish(const float *found, int64_t parts) const {
        const int64_t each = sums();
        for (int64_t o = 0; o < s.filters && kept(); ++o)
            for (int64_t c = 0; c < s.channels; c += LANES) {
                const float *place = found + c / WIDE * WIDE * s.filters + o * WIDE + c % WIDE;
                __m512 sum = _mm512_load_ps(place);
                for (int64_t i = 1; i < parts; ++i)
                    sum = _mm512_add_ps(sum, _mm512_load_ps(place + i * each));
                store(dweights + o * s.channels + c, lanes(s.channels - c), sum);
            }
        for (int64_t o = 0; o < s.filters; ++o) {
            const float *place = found + kept() + o;
            float sum = *place;
            for (int64_t i = 1; i < parts && kept(); ++i) // deep: each has seen all pixels
                sum += place[i * each];
            dbias[o] = sum;
        }
    }

    Status run(int64_t pixels, int threads) const {
        thread_local Scratch memory;
        const int64_t each = sums();
        float *found = dweights ? memory.floats(each * threads) : nullptr;
        if (dweights != nullptr && found == nullptr)
            return NO_MEMORY;
        int failed = 0;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(| : failed)
        for (int t = 0; t < threads; ++t) {
            float *its = found ? found + t * each : nullptr;
            if (its != nullptr)
                std::fill(its, its + each, 0.0f);
            const int64_t blocks = wide(s.channels) / WIDE;
            failed |= deep(s) ? share(Slice(pixels, 1, 0), Slice(blocks, threads, t), its)
                              : share(Slice(pixels, threads, t), Slice(blocks, 1, 0), its);
        }
        if (found != nullptr)
            finish(found, threads);
        return failed ? NO_MEMORY : OK;
    }
};

bool suitable(const ConvShape &s) {
    const bool plain = s.kernel_h == 1 && s.kernel_w == 1 && s.stride_h == 1 && s.stride_w == 1 &&
                       s.in_h == s.out_h && s.in_w == s.out_w && s.pool == 1;
    const int64_t weights = int64_t{s.filters} * s.channels;
    const bool one = s.in_h * s.in_w == 1 && s.filters <= DEEP_FILTERS && weights <= MOST_DEEP;
    return plain && s.activation <= RELU && (weights <= MOST_WEIGHTS || one);
}

} // namespace
} // namespace striate

using namespace striate;

// Whether the kernel does a shape: 1x1, stride 1, no zeros around, linear or ReLU, weights that
// leave room in the L2 cache, or of maps of one pixel few filters.
STRIATE_EXPORT int32_t one_by_one_suitable(const ConvShape *s) { return suitable(*s); }

// y (pixels, filters) with rows of y_row, from x (pixels, channels) with rows of x_row, weights
// (filters, channels) and bias (filters) or null.
STRIATE_EXPORT int32_t one_by_one(const ConvShape *s, int64_t images, const float *x,
                                  const float *weights, const float *bias, float *y,
                                  int32_t threads) {
    if (!suitable(*s))
        return UNSUITABLE;
    const int64_t pixels = images * s->in_h * s->in_w;
    if (deep(*s))
        return forward_deep(*s, pixels, x, weights, bias, y, threads);
    int failed = 0;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(| : failed)
    for (int t = 0; t < threads; ++t)
        failed |= forward(*s, Slice(pixels, threads, t), x, weights, bias, y);
    return failed ? NO_MEMORY : OK;
}

// dx (pixels, channels), or null, which is added to with `adds`; dweights (filters, channels) and
// dbias (filters), or both null; from g and `mask`, the result of the ReLU or null, both with rows
// of y_row.
STRIATE_EXPORT int32_t one_by_one_gradients(const ConvShape *s, int64_t images, const float *x,
                                            const float *weights, const float *mask,
                                            const float *g, float *dx, int32_t adds,
                                            float *dweights, float *dbias, int32_t threads) {
    if (!suitable(*s))
        return UNSUITABLE;
    const Gradients gradients{*s, x, weights, mask, g, dx, dweights, dbias, adds != 0};
    return gradients.run(images * s->in_h * s->in_w, threads);
}
