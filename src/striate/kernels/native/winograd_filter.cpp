// The gradient of the kernels of a 3x3 convolution of stride 1 by Winograd's F(4x4, 3x3).
//
// The result is a sum over tiles of y = A'[(G g G') * (B' d B)]A, so the gradient of g is
// G'[sum over tiles (B' d B) * (A dy A')]G: 36 matrix products over tiles instead of 144. A thread
// transforms a group of tiles, V[36][channels/16][tiles][16] of x and Z[36][filters/16][tiles][16]
// of the gradient, and adds their products to its sums[36][filters/8][channels/32][8][32]; at the
// end the sums are transformed to kernels. The threads split the filters where there are enough of
// them (each transforms x anew, which costs less than sums of its own), else the tiles.
#include <atomic>

#include "winograd.h"

using namespace striate;
using namespace striate::winograd;

namespace {

constexpr int WIDE = 2 * LANES; // channels that are multiplied at once
constexpr int HIGH = 8;         // filters that are multiplied at once

// ---- the 36 products -------------------------------------------------------------------------

// HIGH filters times N vectors of channels, over the tiles of a group.
// A group is summed by itself before it joins the rest: long sums in one go lose digits.
// Registers: HIGH N sums (16), N of x, one of a broadcast value.
template <int N>
void multiply(const float *v, const float *z, int count, bool first, float *sums) {
    Vector sum[HIGH][N];
#pragma GCC unroll 8
    for (int r = 0; r < HIGH; ++r)
#pragma GCC unroll 2
        for (int n = 0; n < N; ++n)
            sum[r][n] = _mm512_setzero_ps();
#pragma GCC unroll 2
    for (int t = 0; t < count; ++t, v += LANES, z += LANES) {
        Vector x[N];
#pragma GCC unroll 2
        for (int n = 0; n < N; ++n)
            x[n] = _mm512_load_ps(v + static_cast<size_t>(n) * count * LANES);
#pragma GCC unroll 8
        for (int r = 0; r < HIGH; ++r) {
            const Vector value = broadcast(z[r]);
#pragma GCC unroll 2
            for (int n = 0; n < N; ++n)
                sum[r][n] = _mm512_fmadd_ps(value, x[n], sum[r][n]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < HIGH; ++r)
#pragma GCC unroll 2
        for (int n = 0; n < N; ++n, sums += LANES)
            _mm512_store_ps(sums, first ? sum[r][n] : _mm512_add_ps(_mm512_load_ps(sums), sum[r][n]));
}

// ---- the gradient of a tile ------------------------------------------------------------------

// A times four values.
inline void gradient_line(const Vector y[SIDE], Vector out[PATCH]) {
    const Vector even = plus(y[0], NEAR2, y[2]), odd = plus(y[1], NEAR2, y[3]);
    const Vector far_even = plus(y[0], FAR2, y[2]), far_odd = plus(y[1], FAR2, y[3]);
    out[0] = y[0];
    out[1] = plus(even, NEAR, odd);
    out[2] = minus(even, NEAR, odd);
    out[3] = plus(far_even, FAR, far_odd);
    out[4] = minus(far_even, FAR, far_odd);
    out[5] = y[3];
}

// A y A' of 16 filters, into to[0], to[plane], ...; `at(i, j)` loads a value. Adds all to `bias`.
template <class Load>
inline void transform_gradient(Load at, float *to, size_t plane, float *bias) {
    Vector half[PATCH][SIDE], total = _mm512_load_ps(bias);
#pragma GCC unroll 4
    for (int j = 0; j < SIDE; ++j) {
        const Vector y[SIDE] = {at(0, j), at(1, j), at(2, j), at(3, j)};
        Vector line[PATCH];
        gradient_line(y, line);
        total = _mm512_add_ps(total, _mm512_add_ps(_mm512_add_ps(y[0], y[1]),
                                                   _mm512_add_ps(y[2], y[3])));
#pragma GCC unroll 6
        for (int i = 0; i < PATCH; ++i)
            half[i][j] = line[i];
    }
    _mm512_store_ps(bias, total);
#pragma GCC unroll 6
    for (int i = 0; i < PATCH; ++i) {
        Vector out[PATCH];
        gradient_line(half[i], out);
#pragma GCC unroll 6
        for (int j = 0; j < PATCH; ++j)
            _mm512_store_ps(to + (i * PATCH + j) * plane, out[j]);
    }
}

// G' times six values.
inline void kernel_gradient_line(const Vector u[PATCH], Vector out[3]) {
    const Vector sum = _mm512_add_ps(u[1], u[2]), far_sum = _mm512_add_ps(u[3], u[4]);
    const Vector gap = _mm512_sub_ps(u[1], u[2]), far_gap = _mm512_sub_ps(u[3], u[4]);
    out[0] = plus(plus(times(AT_ZERO, u[0]), AT_NEAR, sum), AT_FAR, far_sum);
    out[1] = plus(times(AT_NEAR * NEAR, gap), AT_FAR * FAR, far_gap);
    out[2] = plus(plus(u[5], AT_NEAR * NEAR2, sum), AT_FAR * FAR2, far_sum);
}

// G' u G of 16 channels into the nine taps to[0], to[tap], ...; `at(plane)` loads.
template <class Load> inline void transform_sums(Load at, float *to, size_t tap) {
    Vector half[3][PATCH];
#pragma GCC unroll 6
    for (int j = 0; j < PATCH; ++j) {
        Vector u[PATCH], line[3];
#pragma GCC unroll 6
        for (int i = 0; i < PATCH; ++i)
            u[i] = at(i * PATCH + j);
        kernel_gradient_line(u, line);
#pragma GCC unroll 3
        for (int i = 0; i < 3; ++i)
            half[i][j] = line[i];
    }
#pragma GCC unroll 3
    for (int i = 0; i < 3; ++i) {
        Vector out[3];
        kernel_gradient_line(half[i], out);
#pragma GCC unroll 3
        for (int j = 0; j < 3; ++j)
            _mm512_storeu_ps(to + (3 * i + j) * tap, out[j]);
    }
}

// ---- groups of tiles -------------------------------------------------------------------------

template <class T> struct Gradient {
    Patches<T> patches;
    Map<T> g, mask;

    static size_t plane(int filters, int count) {
        return static_cast<size_t>(filters) * count + LANES;
    }

    // Tile `index` of a group of `count`, filters from `begin` to `end`; its sums join the bias's.
    void transform(int64_t tile, int index, int count, int begin, int end, float *z,
                   float *bias) const {
        const Tiles::Place at = patches.tiles.place(tile);
        const T *nothing = patches.nothing;
        const Pixels<SIDE, T> pixels(g, at.image, at.top, at.left, nothing);
        const Pixels<SIDE, T> masks(mask.values ? mask : g, at.image, at.top, at.left, nothing);
        const size_t step = plane(end - begin, count);
        float *to = z + index * LANES;
        for (int o = begin; o < end; o += LANES, to += count * LANES)
            if (mask.values)
                transform_gradient(
                    [&](int i, int j) {
                        return load_masked(pixels.at[i][j] + o, masks.at[i][j] + o);
                    },
                    to, step, bias + o - begin);
            else
                transform_gradient([&](int i, int j) { return load(pixels.at[i][j] + o, ALL); }, to,
                                   step, bias + o - begin);
    }

    // Fetches a part of what comes next.
    __attribute__((always_inline)) inline void fetch(const Ahead &ahead, int part, int parts) const {
        patches.fetch(ahead, part, parts);
        ahead.fetch(g, 0, 0, part, parts);
        ahead.fetch(mask, 0, 0, part, parts);
    }
};

// What a thread does: some tiles, some filters.
struct Share {
    int64_t first, last;
    int begin, end;
    float *sums; // [36][(end - begin) / 8][channels / 32][8][32], then the biases' [end - begin]
};

// Tiles of a group: V and Z within half of L2.
int group_size(int channels, int filters) {
    const int fit = static_cast<int>(640 * 1024 / (PLANES * sizeof(float)) / (channels + filters));
    return std::clamp(fit / 4 * 4, 16, 48);
}

// Adds a group's products and its bias's gradient to the sums.
template <class T>
void add_group(const Gradient<T> &b, const Share &share, int count, const float *v, const float *z,
               const float *bias, bool first, const Ahead &next) {
    const int filters = share.end - share.begin, channels = b.patches.x.channels;
    const size_t v_plane = b.patches.plane(count), z_plane = b.plane(filters, count);
    float *sums = share.sums; // the products' places, and at last the biases'
    for (int p = 0; p < PLANES; ++p) {
        b.fetch(next, p, PLANES);
        for (int o = 0; o < filters; o += HIGH) {
            const float *right = z + p * z_plane + o / LANES * LANES * count + o % LANES;
            for (int c = 0; c < channels; c += WIDE) {
                const float *left = v + p * v_plane + static_cast<size_t>(c) * count;
                const int vectors = std::min(2, (channels - c) / LANES);
                (vectors == 2 ? multiply<2> : multiply<1>)(left, right, count, first, sums);
                sums += HIGH * LANES * vectors;
            }
        }
    }
    for (int o = 0; o < filters; o += LANES) {
        const Vector sum = _mm512_load_ps(bias + o);
        _mm512_store_ps(sums + o, first ? sum : _mm512_add_ps(_mm512_load_ps(sums + o), sum));
    }
}

thread_local Scratch group_memory, own_sums, shared_sums, zeros;

template <class T> int32_t add_tiles(const Gradient<T> &b, const Share &share) {
    const int size = group_size(b.patches.x.channels, share.end - share.begin);
    const int64_t tiles = share.last - share.first, groups = (tiles + size - 1) / size;
    const int filters = share.end - share.begin;
    const size_t v_size = PLANES * b.patches.plane(size), z_size = PLANES * b.plane(filters, size);
    float *v = group_memory.floats(v_size + z_size + filters);
    if (v == nullptr)
        return NO_MEMORY;
    float *z = v + v_size, *bias = z + z_size;
    const auto start = [&](int64_t group) { return share.first + tiles * group / groups; };
    for (int64_t i = 0; i < groups; ++i) {
        const int count = static_cast<int>(start(i + 1) - start(i));
        const int next = i + 1 < groups ? static_cast<int>(start(i + 2) - start(i + 1)) : 0;
        std::fill_n(bias, filters, 0.0f);
        for (int k = 0; k < count; ++k) {
            b.patches.transform(start(i) + k, k, count, v);
            b.transform(start(i) + k, k, count, share.begin, share.end, z, bias);
        }
        add_group(b, share, count, v, z, bias, i == 0, {b.patches.tiles, start(i + 1), next});
    }
    return OK;
}

// ---- the sums of all threads, and the result -------------------------------------------------

// How the threads share the work: `rows` of tiles times `columns` of filters.
struct Split {
    int rows, columns, filters;
    int64_t tiles;

    // A thread that has 64 filters transforms x for itself in little of the time that it multiplies.
    // Sums that no cache holds are made in such pieces one after the other.
    Split(const ConvShape &s, int64_t tiles, int threads) : filters(s.filters), tiles(tiles) {
        const int most = std::max(filters / 64, 1);
        const int64_t bytes = int64_t{144} * s.channels * filters;
        if (bytes > SHARED_CACHE && most >= threads)
            columns = most / threads * threads;
        else
            for (columns = std::min(threads, most); threads % columns;)
                --columns;
        rows = static_cast<int>(std::clamp<int64_t>(threads / columns, 1, tiles));
    }

    int filter(int column) const { return filters / LANES * column / columns * LANES; }

    int column(int o) const {
        int found = 0;
        while (filter(found + 1) <= o)
            ++found;
        return found;
    }

    // Share `k` of rows times columns, with no sums.
    Share share(int k) const {
        const int row = k / columns, column = k % columns;
        return {tiles * row / rows, tiles * (row + 1) / rows, filter(column), filter(column + 1),
                nullptr};
    }
};

// The kernel and bias of filter `o` of a share, and of others that follow each `next` apart.
void finish_filter(const Share &share, int rows, size_t next, int channels, int o, float *kernel,
                   float *bias) {
    const int filters = share.end - share.begin, within = o - share.begin;
    const size_t plane = static_cast<size_t>(filters) * channels;
    const float *own = share.sums + static_cast<size_t>(within / HIGH) * HIGH * channels;
    for (int c = 0; c < channels; c += LANES) {
        const int first = c / WIDE * WIDE, width = std::min(WIDE, channels - first);
        const float *from = own + first * HIGH + within % HIGH * width + c % WIDE;
        const auto load = [&](int p) {
            Vector sum = _mm512_load_ps(from + p * plane);
            for (int row = 1; row < rows; ++row)
                sum = _mm512_add_ps(sum, _mm512_load_ps(from + p * plane + row * next));
            return sum;
        };
        transform_sums(load, kernel + static_cast<size_t>(o) * 9 * channels + c, channels);
    }
    bias[o] = 0;
    for (int row = 0; row < rows; ++row)
        bias[o] += share.sums[PLANES * plane + within + row * next];
}

// The gradients from maps of floats or bfloat16.
template <class T>
int32_t run(const ConvShape &s, int64_t images, const T *x, const T *g, const T *mask,
            float *kernel, float *bias, int32_t threads) {
    const Tiles tiles(s.out_h, s.out_w);
    const int64_t all = images * tiles.per_image();
    if (all == 0) {
        std::fill_n(kernel, static_cast<size_t>(9) * s.channels * s.filters, 0.0f);
        std::fill_n(bias, s.filters, 0.0f);
        return OK;
    }
    const Split split(s, all, threads);
    const T *nothing = zero_pixel<T>(zeros, std::max(s.channels, s.filters));
    const size_t depth = static_cast<size_t>(PLANES) * s.channels + 1, size = depth * s.filters;
    float *shared = split.rows > 1 ? shared_sums.floats(size * split.rows) : nullptr;
    if (nothing == nullptr || (split.rows > 1 && shared == nullptr))
        return NO_MEMORY;
    const Gradient<T> b{{s, x, nullptr, nothing, tiles},
                        {g, s.out_h, s.out_w, s.y_row, s.filters},
                        {mask, s.out_h, s.out_w, s.y_row, s.filters}};
    std::atomic<int32_t> status{OK};
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static, 1)
        for (int k = 0; k < split.rows * split.columns; ++k) {
            Share share = split.share(k);
            share.sums = split.rows > 1
                             ? shared + size * (k / split.columns) + depth * share.begin
                             : own_sums.floats(depth * (share.end - share.begin));
            if (share.sums == nullptr || add_tiles(b, share) != OK)
                status = NO_MEMORY;
            else if (split.rows == 1)
                for (int o = share.begin; o < share.end; ++o)
                    finish_filter(share, 1, 0, s.channels, o, kernel, bias);
        }
#pragma omp for schedule(static)
        for (int o = 0; o < s.filters; ++o)
            if (split.rows > 1 && status == OK) { // all have added their tiles
                Share share = split.share(split.column(o));
                share.sums = shared + depth * share.begin;
                finish_filter(share, split.rows, size, s.channels, o, kernel, bias);
            }
    }
    return status;
}

} // namespace

STRIATE_EXPORT int32_t winograd_filter_suitable(const ConvShape *s) {
    return s->pool == 1 && fewer_products(*s);
}

// `g` and `mask` are as the block's result; g counts as 0 where the mask, unless null, is not above
// 0. Writes `kernel` (filters, 3, 3, channels) and `bias` (filters), of floats; x, g and mask are
// what `half` says.
STRIATE_EXPORT int32_t winograd_filter(const ConvShape *shape, int64_t images, const void *x,
                                       const void *g, const void *mask, float *kernel,
                                       float *bias, int32_t threads) {
    if (!winograd_filter_suitable(shape))
        return UNSUITABLE;
    const auto by = [&](auto map) {
        return run(*shape, images, map(x), map(g), map(mask), kernel, bias, threads);
    };
    if (shape->half)
        return by([](const void *place) { return static_cast<const Bfloat16 *>(place); });
    return by([](const void *place) { return static_cast<const float *>(place); });
}
