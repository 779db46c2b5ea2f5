// Winograd's F(4x4, 3x3) on vectors of 16 channels: the tiles of a map and their transforms.
//
// A tile is 4x4 values of a 3x3 convolution of stride 1. They depend on a patch of 6x6 pixels, and
// 36 multiplications per pair of channels give them, where the definition takes 144:
// A'[(G g G') * (B' d B)]A for a kernel g and a patch d (Lavin and Gray 2015,
// https://arxiv.org/abs/1509.09308). The 36 products of many tiles are 36 matrix products, one per
// place ("plane") of the 6x6.
//
// The paper's matrices come of polynomials at 0, 1, -1, 2, -2. Ours are at 0, 3/4, -3/4, 3/2, -3/2
// (their rows still share what they compute, their squares are exact): what the transforms multiply
// and then cancel is smaller, and the error a quarter of the paper's, some 1e-6 to 3e-6 of the
// largest result, where the definition's is 2e-7 to 1e-6. Of the pairs of eighths and sixteenths
// none was better by more than a tenth. An infinite pixel is subtracted from itself, so the values
// of its tile that it reaches become NaN or infinite, and may take the tile's others with them;
// none becomes a number that it should not be.
#pragma once

// GCC 12 warns of its own header: the unused operand of an unmasked instruction is never set.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "conv.h"
#include "scratch.h"
#include "vectors.h"

namespace striate::winograd {

constexpr int SIDE = 4, PATCH = 6, PLANES = PATCH * PATCH;
constexpr int64_t SHARED_CACHE = 24 << 20; // bytes that the cores' common cache holds at least
constexpr float NEAR = 0.75f, NEAR2 = NEAR * NEAR, NEAR3 = NEAR2 * NEAR; // a point, its powers
constexpr float FAR = 1.5f, FAR2 = FAR * FAR, FAR3 = FAR2 * FAR;         // another
// What G divides by: at each point, the product of its distances from the others.
constexpr float AT_ZERO = 1 / (NEAR2 * FAR2);
constexpr float AT_NEAR = 1 / (2 * NEAR2 * (NEAR2 - FAR2)), AT_FAR = 1 / (2 * FAR2 * (FAR2 - NEAR2));
using Vector = __m512;

inline Vector broadcast(float value) { return _mm512_set1_ps(value); }

inline Vector times(float k, Vector a) { return _mm512_mul_ps(broadcast(k), a); }
// a - k b
inline Vector minus(Vector a, float k, Vector b) { return _mm512_fnmadd_ps(broadcast(k), b, a); }
// a + k b
inline Vector plus(Vector a, float k, Vector b) { return _mm512_fmadd_ps(broadcast(k), b, a); }

// Two of the six rows of B': (0, 5), (1, 2) or (3, 4), which share what they compute.
template <int PAIR>
inline void input_pair(const Vector d[PATCH], Vector &first, Vector &second) {
    if constexpr (PAIR == 0) {
        first = plus(minus(d[4], NEAR2 + FAR2, d[2]), NEAR2 * FAR2, d[0]);
        second = plus(minus(d[5], NEAR2 + FAR2, d[3]), NEAR2 * FAR2, d[1]);
    } else {
        constexpr float POINT = PAIR == 1 ? NEAR : FAR, OTHER2 = PAIR == 1 ? FAR2 : NEAR2;
        const Vector even = minus(d[4], OTHER2, d[2]), odd = minus(d[3], OTHER2, d[1]);
        first = plus(even, POINT, odd);
        second = minus(even, POINT, odd);
    }
}

template <int PAIR> constexpr int FIRST = PAIR == 0 ? 0 : 2 * PAIR - 1;
template <int PAIR> constexpr int SECOND = PAIR == 0 ? 5 : 2 * PAIR;

// B' d B for two of its rows. `at(i, j)` loads a pixel; the 36 do not fit the registers at once,
// so a pair of rows (12 vectors) is finished before the next is begun, and pixels load again.
template <int PAIR, class Load> inline void input_rows(Load at, float *to, size_t plane) {
    Vector rows[2][PATCH];
#pragma GCC unroll 6
    for (int j = 0; j < PATCH; ++j) {
        Vector d[PATCH];
#pragma GCC unroll 6
        for (int i = PAIR ? 1 : 0; i < (PAIR ? 5 : 6); ++i)
            d[i] = at(i, j);
        input_pair<PAIR>(d, rows[0][j], rows[1][j]);
    }
#pragma GCC unroll 2
    for (int k = 0; k < 2; ++k) {
        float *row = to + (k ? SECOND<PAIR> : FIRST<PAIR>) * PATCH * plane;
        Vector out[PATCH];
        input_pair<0>(rows[k], out[0], out[5]);
        input_pair<1>(rows[k], out[1], out[2]);
        input_pair<2>(rows[k], out[3], out[4]);
#pragma GCC unroll 6
        for (int j = 0; j < PATCH; ++j)
            _mm512_store_ps(row + j * plane, out[j]);
    }
}

// B' d B of 16 channels, into the 36 places to[0], to[plane], to[2 plane], ...
template <class Load> inline void transform_input(Load at, float *to, size_t plane) {
    input_rows<0>(at, to, plane);
    input_rows<1>(at, to, plane);
    input_rows<2>(at, to, plane);
}

// A' times six values.
inline void output_line(const Vector m[PATCH], Vector out[SIDE]) {
    const Vector sum = _mm512_add_ps(m[1], m[2]), far_sum = _mm512_add_ps(m[3], m[4]);
    const Vector gap = _mm512_sub_ps(m[1], m[2]), far_gap = _mm512_sub_ps(m[3], m[4]);
    out[0] = _mm512_add_ps(_mm512_add_ps(m[0], sum), far_sum);
    out[1] = plus(times(NEAR, gap), FAR, far_gap);
    out[2] = plus(times(NEAR2, sum), FAR2, far_sum);
    out[3] = plus(plus(m[5], NEAR3, gap), FAR3, far_gap);
}

// A' m A of 16 filters. Registers: 24 half-done, 6 that load, all 32 in use.
inline void transform_output(const float *from, size_t plane, Vector out[SIDE][SIDE]) {
    Vector half[SIDE][PATCH];
#pragma GCC unroll 6
    for (int j = 0; j < PATCH; ++j) {
        Vector m[PATCH], line[SIDE];
#pragma GCC unroll 6
        for (int i = 0; i < PATCH; ++i)
            m[i] = _mm512_load_ps(from + (i * PATCH + j) * plane);
        output_line(m, line);
#pragma GCC unroll 4
        for (int i = 0; i < SIDE; ++i)
            half[i][j] = line[i];
    }
#pragma GCC unroll 4
    for (int i = 0; i < SIDE; ++i)
        output_line(half[i], out[i]);
}

// G times three values.
inline void kernel_line(const Vector g[3], Vector out[PATCH]) {
    const Vector ends = plus(times(AT_NEAR, g[0]), AT_NEAR * NEAR2, g[2]);
    const Vector far_ends = plus(times(AT_FAR, g[0]), AT_FAR * FAR2, g[2]);
    out[0] = times(AT_ZERO, g[0]);
    out[1] = plus(ends, AT_NEAR * NEAR, g[1]);
    out[2] = minus(ends, AT_NEAR * NEAR, g[1]);
    out[3] = plus(far_ends, AT_FAR * FAR, g[1]);
    out[4] = minus(far_ends, AT_FAR * FAR, g[1]);
    out[5] = g[2];
}

// G g G' of 16 filters: the taps lie at from[0], from[tap], ...
// STREAMS: the results, 64 bytes each at a multiple of that, go past the caches.
template <bool STREAMS>
inline void transform_kernel(const float *from, size_t tap, float *to, size_t plane) {
    Vector half[3][PATCH];
#pragma GCC unroll 3
    for (int i = 0; i < 3; ++i) {
        Vector g[3];
#pragma GCC unroll 3
        for (int j = 0; j < 3; ++j)
            g[j] = _mm512_loadu_ps(from + (3 * i + j) * tap);
        kernel_line(g, half[i]);
    }
#pragma GCC unroll 6
    for (int j = 0; j < PATCH; ++j) {
        const Vector g[3] = {half[0][j], half[1][j], half[2][j]};
        Vector out[PATCH];
        kernel_line(g, out);
#pragma GCC unroll 6
        for (int i = 0; i < PATCH; ++i)
            if constexpr (STREAMS)
                _mm512_stream_ps(to + (i * PATCH + j) * plane, out[i]);
            else
                _mm512_storeu_ps(to + (i * PATCH + j) * plane, out[i]);
    }
}

// Which part of a map a tile is, counted over all images.
struct Tiles {
    int rows, columns; // of an image

    Tiles(int h, int w) : rows((h + SIDE - 1) / SIDE), columns((w + SIDE - 1) / SIDE) {}

    int64_t per_image() const { return static_cast<int64_t>(rows) * columns; }
    struct Place {
        int64_t image;
        int top, left; // of the tile's first value, in the result
    };
    Place place(int64_t tile) const {
        const int64_t within = tile % per_image();
        return {tile / per_image(), static_cast<int>(within / columns) * SIDE,
                static_cast<int>(within % columns) * SIDE};
    }
};

// Whether a shape's convolution can be done by tiles, and costs less than the definition's 9
// multiplications per value, channel and filter: a tile costs 36, and its transforms some 7 more.
// Measured on 2 cores of a Zen 4, 64 images, ms of the block and of direct_conv: 128 channels 3x3
// 0.37 and 0.77, 5x5 1.49 and 2.10, 9x9 3.6 and 7.0; 16 channels 5x5 0.043 and 0.044, 9x9 0.093 and
// 0.125, 16x16 0.18 and 0.39. Of the kernels' gradient and of torch's: 128 channels 3x3 0.46 and
// 0.95, 5x5 1.68 and 2.03, 9x9 3.9 and 6.7; 16 channels 5x5 0.055 and 0.100, 16x16 0.23 and 0.42.
inline bool fewer_products(const ConvShape &s) {
    const bool plain = s.stride_h == 1 && s.stride_w == 1 && s.dilation_h == 1 && s.dilation_w == 1;
    const bool whole = s.channels % LANES == 0 && s.filters % LANES == 0;
    const int h = s.out_h / s.pool * s.pool, w = s.out_w / s.pool * s.pool;
    const int64_t direct = int64_t{9} * h * w;
    return plain && whole && s.kernel_h == 3 && s.kernel_w == 3 && s.pool <= 2 &&
           43 * Tiles(h, w).per_image() < direct;
}

// A map of all images, of floats or bfloat16.
template <class T> struct Map {
    const T *values; // null: there is none
    int h, w, row, channels;

    int64_t pixel(int64_t image, int y, int x) const { return ((image * h + y) * w + x) * row; }
};

// Where the pixels of a square of a map begin; outside the map they are `nothing`, zeros.
template <int SIZE, class T> struct Pixels {
    const T *at[SIZE][SIZE];

    Pixels(const Map<T> &map, int64_t image, int top, int left, const T *nothing) {
        for (int i = 0; i < SIZE; ++i)
            for (int j = 0; j < SIZE; ++j) {
                const int y = top + i, x = left + j;
                const bool inside = y >= 0 && y < map.h && x >= 0 && x < map.w;
                at[i][j] = inside ? map.values + map.pixel(image, y, x) : nothing;
            }
    }
};

// The tiles that come next: their squares of a map are fetched into the L2 cache, a few at a time
// between products, which leave the memory idle.
struct Ahead {
    Tiles tiles;
    int64_t tile;
    int count;

    // Part `part` of `parts` of the squares, whose corners lie `down` and `right` of the tiles'.
    // Inlined always: GCC 12 drops calls of functions that do nothing but fetch.
    template <class T>
    __attribute__((always_inline)) inline void fetch(const Map<T> &map, int down, int right,
                                                     int part, int parts) const {
        constexpr int LINE = 64 / sizeof(T);
        const int rows = map.values ? SIDE * count : 0;
        for (int i = rows * part / parts; i < rows * (part + 1) / parts; ++i) {
            const Tiles::Place at = tiles.place(tile + i / SIDE);
            const int y = at.top + i % SIDE + down, first = std::max(at.left + right, 0);
            const int last = y < 0 || y >= map.h ? 0 : std::min(at.left + right + SIDE, map.w);
            for (int x = first; x < last; ++x)
                for (int c = 0; c < map.channels; c += LINE)
                    _mm_prefetch(map.values + map.pixel(at.image, y, x) + c, _MM_HINT_T1);
        }
    }
};

// 16 values, 0 where those of the mask are not above 0.
template <class T> inline Vector load_masked(const T *values, const T *mask) {
    const Mask alive = _mm512_cmp_ps_mask(load(mask, ALL), _mm512_setzero_ps(), _CMP_GT_OQ);
    return load(values, alive);
}

// The input of a block, by tiles of its result.
template <class T> struct Patches {
    Map<T> x, mask;
    int pad_top, pad_left;
    const T *nothing;
    Tiles tiles;

    Patches(const ConvShape &s, const T *x, const T *mask, const T *nothing, Tiles tiles)
        : x{x, s.in_h, s.in_w, s.x_row, s.channels}, mask{mask, s.in_h, s.in_w, s.x_row, s.channels},
          pad_top(s.pad_top), pad_left(s.pad_left), nothing(nothing), tiles(tiles) {}

    // Floats of a plane of `count` tiles: planes of a power of two would share cache sets.
    size_t plane(int count) const { return static_cast<size_t>(x.channels) * count + LANES; }

    // Tile `index` of a group of `count`, into v[36][channels / 16][count][16].
    void transform(int64_t tile, int index, int count, float *v) const {
        const Tiles::Place place = tiles.place(tile);
        const int top = place.top - pad_top, left = place.left - pad_left;
        const Pixels<PATCH, T> pixels(x, place.image, top, left, nothing);
        float *to = v + index * LANES;
        if (mask.values == nullptr)
            for (int c = 0; c < x.channels; c += LANES, to += count * LANES)
                transform_input([&](int i, int j) { return load(pixels.at[i][j] + c, ALL); }, to,
                                plane(count));
        else {
            const Pixels<PATCH, T> masks(mask, place.image, top, left, nothing);
            for (int c = 0; c < x.channels; c += LANES, to += count * LANES)
                transform_input(
                    [&](int i, int j) {
                        return load_masked(pixels.at[i][j] + c, masks.at[i][j] + c);
                    },
                    to, plane(count));
        }
    }

    // Fetches a part of the patches that come next, but for the rims that they share with others.
    __attribute__((always_inline)) inline void fetch(const Ahead &ahead, int part, int parts) const {
        ahead.fetch(x, 1 - pad_top, 1 - pad_left, part, parts);
        ahead.fetch(mask, 1 - pad_top, 1 - pad_left, part, parts);
    }
};

// A zeroed pixel for what lies outside a map; null if there is no memory.
template <class T> const T *zero_pixel(Scratch &memory, int count) {
    float *zeros = memory.floats(count);
    if (zeros != nullptr)
        std::fill_n(zeros, count, 0.0f);
    return reinterpret_cast<const T *>(zeros);
}

} // namespace striate::winograd
