// A block with a 3x3 convolution of stride 1 by Winograd's F(4x4, 3x3), in pieces that fit L2.
//
// A thread takes groups of tiles, counted over all images. It transforms a group's patches,
// V[36][channels/16][tiles][16]; then, for 32 filters at a time, it multiplies the 36 planes with
// the transformed kernels, M[36][2][tiles][16], and makes results of M: bias, sum, pooling,
// activation. V and M stay in the core's L2; the kernels stream, once per group. Where there are
// too few tiles for that (one image), all threads share one V and split the filters.
#include <type_traits>

#include "slice.h"
#include "team.h"
#include "transpose.h"
#include "winograd.h"

using namespace striate;
using namespace striate::winograd;

namespace {

constexpr int WIDE = 2 * LANES; // filters that are multiplied at once
constexpr int MOST = 14;        // tiles that are multiplied at once

// ---- the 36 products -------------------------------------------------------------------------

// R tiles times N vectors of filters, over all channels.
// Registers: R N sums (28 of 14 x 2), N of kernels, one of a broadcast value: 31 of 32.
template <int R, int N>
void multiply(const float *v, size_t v_step, const float *u, int blocks, float *m, size_t m_step) {
    Vector sum[R][N];
#pragma GCC unroll 14
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
        for (int n = 0; n < N; ++n)
            sum[r][n] = _mm512_setzero_ps();
    for (int block = 0; block < blocks; ++block, v += v_step)
#pragma GCC unroll 2
        for (int c = 0; c < LANES; ++c, u += N * LANES) {
            Vector kernel[N];
#pragma GCC unroll 2
            for (int n = 0; n < N; ++n)
                kernel[n] = _mm512_loadu_ps(u + n * LANES);
#pragma GCC unroll 14
            for (int r = 0; r < R; ++r) {
                const Vector value = broadcast(v[r * LANES + c]);
#pragma GCC unroll 2
                for (int n = 0; n < N; ++n)
                    sum[r][n] = _mm512_fmadd_ps(value, kernel[n], sum[r][n]);
            }
        }
#pragma GCC unroll 14
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
        for (int n = 0; n < N; ++n)
            _mm512_store_ps(m + n * m_step + r * LANES, sum[r][n]);
}

using Multiply = void (*)(const float *, size_t, const float *, int, float *, size_t);

template <int N>
constexpr Multiply MULTIPLY[MOST + 1] = {
    nullptr,         multiply<1, N>,  multiply<2, N>,  multiply<3, N>,  multiply<4, N>,
    multiply<5, N>,  multiply<6, N>,  multiply<7, N>,  multiply<8, N>,  multiply<9, N>,
    multiply<10, N>, multiply<11, N>, multiply<12, N>, multiply<13, N>, multiply<14, N>,
};

// ---- a group of tiles ------------------------------------------------------------------------

// T: float or Bfloat16, of maps.
template <class T> struct Block {
    const ConvShape &s;
    const ConvValues &v;
    const T *add;
    T *y;
    Patches<T> patches;
    Activated activated;
    bool streams; // the result goes past the caches

    int blocks() const { return (s.filters + WIDE - 1) / WIDE; } // of 32 filters
    // Floats of a plane of M.
    static size_t m_plane(int count) { return static_cast<size_t>(WIDE) * count + LANES; }
};

// Writes the code of 16 values: the winner, or 4 where ReLU gives 0.
void store_code(const ConvShape &s, Vector best, __m512i winner, uint8_t *code) {
    if (s.activation == RELU) {
        const __mmask16 dead = _mm512_cmp_ps_mask(best, _mm512_setzero_ps(), _CMP_LE_OQ);
        winner = _mm512_mask_mov_epi32(winner, dead, _mm512_set1_epi32(4));
    }
    _mm_storeu_si128(reinterpret_cast<__m128i *>(code), _mm512_cvtepi32_epi8(winner));
}

// The largest of 2x2 values, the first of equals, a NaN before all; and which it is.
Vector pool(Vector a, Vector b, Vector c, Vector d, __m512i &winner) {
    Vector best = a;
    const Vector others[3] = {b, c, d};
    winner = _mm512_setzero_si512();
    for (int i = 0; i < 3; ++i) {
        const __mmask16 ordered = _mm512_cmp_ps_mask(best, best, _CMP_ORD_Q);
        const __mmask16 better = _mm512_mask_cmp_ps_mask(ordered, others[i], best, _CMP_NLE_UQ);
        best = _mm512_mask_mov_ps(best, better, others[i]);
        winner = _mm512_mask_mov_epi32(winner, better, _mm512_set1_epi32(i + 1));
    }
    return best;
}

// Results of one tile for 16 filters from `o` on: what follows the convolution, and the stores.
template <int POOL, class T>
void finish_tile(const Block<T> &b, Tiles::Place at, int o, const float *m, size_t plane) {
    constexpr int CELLS = SIDE / POOL;
    const ConvShape &s = b.s;
    Vector values[SIDE][SIDE];
    transform_output(m, plane, values);
    const Vector bias = b.v.bias ? _mm512_loadu_ps(b.v.bias + o) : _mm512_setzero_ps();
    const int rows = s.out_h / POOL, columns = s.out_w / POOL;
    const int top = at.top / POOL, left = at.left / POOL;
    const int high = std::min(CELLS, rows - top), broad = std::min(CELLS, columns - left);
    if (b.add) {
        const T *add = b.add + o;
        for (int i = 0; i < high * POOL; ++i)
            for (int j = 0; j < broad * POOL; ++j) {
                const int64_t pixel = (at.image * s.out_h + at.top + i) * s.out_w + at.left + j;
                values[i][j] = _mm512_add_ps(values[i][j], load(add + pixel * s.y_row, ALL));
            }
    }
    for (int i = 0; i < high; ++i) {
        const int64_t first = (at.image * rows + top + i) * columns + left;
        Vector cells[CELLS];
        for (int j = 0; j < CELLS; ++j) {
            __m512i winner = _mm512_setzero_si512();
            if constexpr (POOL == 2)
                cells[j] = pool(values[2 * i][2 * j], values[2 * i][2 * j + 1],
                                values[2 * i + 1][2 * j], values[2 * i + 1][2 * j + 1], winner);
            else
                cells[j] = values[i][j];
            cells[j] = _mm512_add_ps(cells[j], bias);
            if (b.v.code && j < broad)
                store_code(s, cells[j], winner, b.v.code + (first + j) * s.filters + o);
        }
        for (int j = 0; j < broad; ++j) {
            T *y = b.y + (first + j) * s.y_row + o;
            if constexpr (std::is_same_v<T, float>)
                if (b.streams) {
                    _mm512_stream_ps(y, b.activated(cells[j]));
                    continue;
                }
            store(y, ALL, b.activated(cells[j]));
        }
    }
}

struct Group {
    int64_t tile; // its first
    int count;
    Ahead next;
};

// Results of a group for the blocks of 32 filters from `begin` to `end`.
template <class T>
void finish_group(const Block<T> &b, const Group &group, const float *v, float *m, int begin, int end) {
    const int count = group.count;
    const ConvShape &s = b.s;
    const int parts = (count + MOST - 1) / MOST;
    const size_t v_plane = b.patches.plane(count), m_plane = b.m_plane(count);
    for (int block = begin; block < end; ++block) {
        const int vectors = std::min(2, s.filters / LANES - 2 * block);
        const size_t panel = static_cast<size_t>(s.channels) * vectors * LANES;
        const float *u = b.v.packed + static_cast<size_t>(block) * WIDE * s.channels * PLANES;
        const Multiply *product = vectors == 2 ? MULTIPLY<2> : MULTIPLY<1>;
        for (int p = 0; p < PLANES; ++p) {
            b.patches.fetch(group.next, (block - begin) * PLANES + p, (end - begin) * PLANES);
            for (int part = 0; part < parts; ++part) {
                const int from = count * part / parts, to = count * (part + 1) / parts;
                product[to - from](v + p * v_plane + from * LANES, count * LANES, u + p * panel,
                                   s.channels / LANES, m + p * m_plane + from * LANES,
                                   count * LANES);
            }
        }
        for (int i = 0; i < count; ++i) {
            const Tiles::Place at = b.patches.tiles.place(group.tile + i);
            for (int n = 0; n < vectors; ++n) {
                const int o = block * WIDE + n * LANES;
                const float *from = m + (n * count + i) * LANES;
                if (s.pool == 2)
                    finish_tile<2>(b, at, o, from, m_plane);
                else
                    finish_tile<1>(b, at, o, from, m_plane);
            }
        }
    }
}

// ---- threads ---------------------------------------------------------------------------------

constexpr int GROUP = 24; // tiles

// A thread with fewer tiles than this spends its time on reading kernels.
constexpr int FEW = 24;

thread_local Scratch group_memory, shared_memory, zeros;

// Each thread takes its share of the tiles, in groups.
template <class T> int32_t split_tiles(const Block<T> &b, int64_t all, int threads) {
    return shared_out(threads, [&](int32_t thread) {
        const int64_t first = all * thread / threads, last = all * (thread + 1) / threads;
        const int64_t groups = (last - first + GROUP - 1) / GROUP;
        const auto start = [&](int64_t group) { return first + (last - first) * group / groups; };
        float *v = group_memory.floats(PLANES * (b.patches.plane(GROUP) + b.m_plane(GROUP)));
        if (v == nullptr)
            return NO_MEMORY;
        for (int64_t i = 0; i < groups; ++i) {
            const int count = static_cast<int>(start(i + 1) - start(i));
            const int next = i + 1 < groups ? static_cast<int>(start(i + 2) - start(i + 1)) : 0;
            const Group group{start(i), count, {b.patches.tiles, start(i + 1), next}};
            for (int k = 0; k < count; ++k)
                b.patches.transform(group.tile + k, k, count, v);
            finish_group(b, group, v, v + PLANES * b.patches.plane(count), 0, b.blocks());
        }
        if (b.streams)
            _mm_sfence();
        return OK;
    });
}

// All threads share the transformed tiles, of which there are few, and split the filters.
template <class T> int32_t split_filters(const Block<T> &b, int count, int threads) {
    const Group group{0, count, {b.patches.tiles, 0, 0}};
    return as_team(threads, [&](const Member &member) {
        if (member.place == 0)
            member.team->place = shared_memory.floats(PLANES * b.patches.plane(count));
        member.wait();
        float *v = static_cast<float *>(member.team->place);
        float *m = group_memory.floats(PLANES * b.m_plane(count));
        const Slice tiles(v ? count : 0, member.members, member.place);
        for (int64_t i = tiles.begin; i < tiles.end; ++i)
            b.patches.transform(static_cast<int>(i), static_cast<int>(i), count, v);
        member.wait();
        if (v == nullptr || m == nullptr)
            return NO_MEMORY;
        const Slice blocks(b.blocks(), member.members, member.place);
        finish_group(b, group, v, m, static_cast<int>(blocks.begin), static_cast<int>(blocks.end));
        return OK;
    });
}

// ---- kernels ---------------------------------------------------------------------------------

// Whether it is the fastest: 144 bytes of kernels must be read per channel and filter, in the time
// of 176 multiplications from the cache that the cores share and of 460 from memory, which matters
// for few images. Measured on 2 cores of a Zen 4, ms of this kernel and of direct_conv, one image:
// 512 channels 4x4 1.10 and 0.37, 7x7 1.09 and 1.10; 256 8x8 0.11 and 0.34; 128 3x3 0.024 and
// 0.016, 4x4 0.023 and 0.025, 5x5 0.035 and 0.036, 6x6 0.036 and 0.052.
bool suitable(const ConvShape &s) {
    const int h = s.out_h / s.pool * s.pool, w = s.out_w / s.pool * s.pool;
    const bool large = int64_t{144} * s.channels * s.filters > SHARED_CACHE;
    const bool read = s.images == 0 || (large ? 460 : 176) < int64_t{9} * h * w * s.images;
    return read && fewer_products(s);
}

// U for 16 filters from `o` on and 16 channels from `c` on.
void pack_part(const ConvShape &s, const float *weights, bool turned, int o, int c, float *packed) {
    alignas(64) float taps[9][LANES][LANES]; // [tap][channel][filter]
    const int block = o / WIDE, width = std::min(WIDE, s.filters - block * WIDE);
    const size_t plane = static_cast<size_t>(s.channels) * width;
    if (!turned)
        for (int t = 0; t < 9; ++t)
            transpose(weights + (static_cast<size_t>(o) * 9 + t) * s.channels + c,
                      static_cast<size_t>(9) * s.channels, taps[t][0], LANES);
    else
        for (int t = 0; t < 9; ++t)
            for (int i = 0; i < LANES; ++i) {
                const size_t at = (static_cast<size_t>(c + i) * 9 + 8 - t) * s.filters + o;
                _mm512_store_ps(taps[t][i], _mm512_loadu_ps(weights + at));
            }
    float *to = packed + static_cast<size_t>(block) * WIDE * s.channels * PLANES + o % WIDE;
    const bool large = int64_t{144} * s.channels * s.filters > SHARED_CACHE;
    const bool streams = large && reinterpret_cast<uintptr_t>(packed) % 64 == 0;
    const auto transform = streams ? transform_kernel<true> : transform_kernel<false>;
    for (int i = 0; i < LANES; ++i)
        transform(taps[0][i], LANES * LANES, to + static_cast<size_t>(c + i) * width, plane);
    if (streams)
        _mm_sfence();
}

template <class T>
int32_t run(const ConvShape &s, int64_t images, const ConvValues &v, int32_t threads) {
    const T *nothing = zero_pixel<T>(zeros, s.channels);
    if (nothing == nullptr)
        return NO_MEMORY;
    const auto map = [](const float *place) { return reinterpret_cast<const T *>(place); };
    const Tiles tiles(s.out_h / s.pool * s.pool, s.out_w / s.pool * s.pool);
    const int64_t all = images * tiles.per_image();
    const int64_t results = images * (s.out_h / s.pool) * (s.out_w / s.pool) * s.filters;
    const bool whole = s.y_row % LANES == 0 && reinterpret_cast<uintptr_t>(v.y) % 64 == 0;
    const Patches<T> patches(s, map(v.x), map(v.mask), nothing, tiles);
    const Block<T> b{s, v, map(v.add), reinterpret_cast<T *>(v.y), patches, Activated(s),
                     whole && results > STREAMED_VALUES};
    const bool few = all < static_cast<int64_t>(threads) * FEW && s.filters >= WIDE * threads;
    return few ? split_filters(b, static_cast<int>(all), threads) : split_tiles(b, all, threads);
}

} // namespace

STRIATE_EXPORT size_t winograd_conv_packed_size(const ConvShape *s) {
    return suitable(*s) ? static_cast<size_t>(PLANES) * s->channels * s->filters : 0;
}

STRIATE_EXPORT int32_t winograd_conv_pack(const ConvShape *shape, const float *weights,
                                          int32_t turned, float *packed, int32_t threads) {
    const ConvShape &s = *shape;
    if (!suitable(s))
        return UNSUITABLE;
#pragma omp parallel for num_threads(threads) schedule(static) collapse(2)
    for (int o = 0; o < s.filters; o += LANES)
        for (int c = 0; c < s.channels; c += LANES)
            pack_part(s, weights, turned, o, c, packed);
    return OK;
}

STRIATE_EXPORT int32_t winograd_conv(const ConvShape *shape, int64_t images,
                                     const ConvValues *values, int32_t threads) {
    if (!suitable(*shape))
        return UNSUITABLE;
    return (shape->half ? run<Bfloat16> : run<float>)(*shape, images, *values, threads);
}
