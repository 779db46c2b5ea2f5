// The gradient of a convolution's weights and bias from its input and the gradient of its result,
// which counts as 0 where a ReLU gave 0.
//
//   dkernel[o][tap][c] = sum over pixels of g[pixel][o] x[pixel's place + tap][c]
//
// Lanes are filters. For a tile of pixels, x is copied with its zeros around, g (masked) by 32
// filters; then a few taps at a time are summed up in registers over the tile. Threads share the
// taps and filters; only a small result is computed once per thread and added up.
#include <immintrin.h>
#include <omp.h>

#include <algorithm>
#include <cstring>

#include "conv.h"
#include "slice.h"
#include "scratch.h"
#include "transpose.h"

namespace striate {
namespace {

constexpr int MOST_RUN = 14;               // neighbouring taps of a piece
constexpr int TILE_PIXELS = 128;           // about; whole rows
constexpr int64_t SMALL_BYTES = 128 << 10; // a result that every thread may have

// A few taps whose sums stay in registers: `rows` rows of the kernel, `run` neighbours of each.
struct Piece {
    int tap, rows, run; // the first tap, counting (kernel_h, kernel_w, channels)
    int64_t offset;     // of its x in a tile
};

struct Task {
    const float *x, *g;
    const int32_t *pixels; // places of the pixels in x
    int64_t count, row;    // pixels; floats between rows of the kernel in x
    float *sums;           // (rows, run, lanes)
};

// Registers: ROWS * RUN * VECTORS <= 28 sums, VECTORS of g, one value of x.
template <int VECTORS, int ROWS, int RUN> void add(const Task &t) {
    __m512 sum[ROWS][RUN][VECTORS];
#pragma GCC unroll 16
    for (int i = 0; i < ROWS * RUN * VECTORS; ++i)
        sum[i / (RUN * VECTORS)][i / VECTORS % RUN][i % VECTORS] = _mm512_load_ps(t.sums + 16 * i);
    const float *g = t.g;
    for (int64_t p = 0; p < t.count; ++p, g += 16 * VECTORS) {
        const float *x = t.x + t.pixels[p];
        __m512 its[VECTORS];
#pragma GCC unroll 2
        for (int v = 0; v < VECTORS; ++v)
            its[v] = _mm512_load_ps(g + 16 * v);
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; ++i)
#pragma GCC unroll 16
            for (int j = 0; j < RUN; ++j) {
                const __m512 value = _mm512_set1_ps(x[i * t.row + j]);
#pragma GCC unroll 2
                for (int v = 0; v < VECTORS; ++v)
                    sum[i][j][v] = _mm512_fmadd_ps(value, its[v], sum[i][j][v]);
            }
    }
#pragma GCC unroll 16
    for (int i = 0; i < ROWS * RUN * VECTORS; ++i)
        _mm512_store_ps(t.sums + 16 * i, sum[i / (RUN * VECTORS)][i / VECTORS % RUN][i % VECTORS]);
}

using Kernel = void (*)(const Task &);

template <int VECTORS, int ROWS, int RUN> constexpr Kernel kernel() {
    if constexpr (ROWS * RUN <= MOST_RUN)
        return add<VECTORS, ROWS, RUN>;
    else
        return nullptr;
}

template <int VECTORS, int ROWS> Kernel run_kernel(int run) {
    static constexpr Kernel KERNELS[MOST_RUN] = {
        kernel<VECTORS, ROWS, 1>(),  kernel<VECTORS, ROWS, 2>(),  kernel<VECTORS, ROWS, 3>(),
        kernel<VECTORS, ROWS, 4>(),  kernel<VECTORS, ROWS, 5>(),  kernel<VECTORS, ROWS, 6>(),
        kernel<VECTORS, ROWS, 7>(),  kernel<VECTORS, ROWS, 8>(),  kernel<VECTORS, ROWS, 9>(),
        kernel<VECTORS, ROWS, 10>(), kernel<VECTORS, ROWS, 11>(), kernel<VECTORS, ROWS, 12>(),
        kernel<VECTORS, ROWS, 13>(), kernel<VECTORS, ROWS, 14>()};
    return KERNELS[run - 1];
}

constexpr int MOST_ROWS = 4;

template <int VECTORS> Kernel find(const Piece &piece) {
    static constexpr Kernel (*ROWS[MOST_ROWS])(int) = {
        run_kernel<VECTORS, 1>, run_kernel<VECTORS, 2>, run_kernel<VECTORS, 3>,
        run_kernel<VECTORS, 4>};
    return ROWS[piece.rows - 1](piece.run);
}

struct Job {
    const ConvShape &s;
    int64_t images;
    const float *x, *g, *mask;
    float *dkernel, *dbias;
};

// How the pixels of the result are cut into tiles (rows of an image, or several images), what a
// tile sees of x, and the pieces of the kernel.
struct Sizes {
    int vectors, lanes, groups, taps; // of filters
    int pieces, runs, run_length, rows_together;
    int height, down, images; // rows of a tile, tiles of an image or images of a tile
    int x_rows, x_columns;    // most, of an image
    int64_t x_image, x_row;   // floats
    int64_t group, bias, sums; // floats: (groups, taps, lanes), (groups, lanes)

    explicit Sizes(const ConvShape &s) {
        vectors = s.filters <= 16 ? 1 : 2, lanes = 16 * vectors;
        groups = (s.filters + lanes - 1) / lanes;
        taps = s.kernel_h * s.kernel_w * s.channels;
        runs = s.dilation_w == 1 ? 1 : s.kernel_w;
        run_length = s.dilation_w == 1 ? s.kernel_w * s.channels : s.channels;
        rows_together = 1;
        if (runs == 1) // a short run leaves registers for more rows
            rows_together = std::clamp(MOST_RUN / run_length, 1, std::min(MOST_ROWS, s.kernel_h));
        const int row_pieces = (run_length + MOST_RUN - 1) / MOST_RUN;
        pieces = (s.kernel_h + rows_together - 1) / rows_together * runs * row_pieces;
        height = std::clamp(TILE_PIXELS / s.out_w, 1, s.out_h);
        down = (s.out_h + height - 1) / height;
        height = (s.out_h + down - 1) / down;
        images = down > 1 ? 1 : std::max(1, TILE_PIXELS / (s.out_h * s.out_w));
        x_rows = (height - 1) * s.stride_h + (s.kernel_h - 1) * s.dilation_h + 1;
        x_columns = (s.out_w - 1) * s.stride_w + (s.kernel_w - 1) * s.dilation_w + 1;
        x_row = static_cast<int64_t>(x_columns) * s.channels;
        x_image = x_rows * x_row;
        group = static_cast<int64_t>(taps) * lanes;
        bias = groups * group;
        sums = bias + groups * lanes;
    }
    Piece piece(const ConvShape &s, int index) const {
        const int row_pieces = (run_length + MOST_RUN - 1) / MOST_RUN;
        const Slice part(run_length, row_pieces, index % row_pieces);
        const int run = index / row_pieces % runs, kh = index / row_pieces / runs * rows_together;
        Piece p;
        p.rows = std::min(rows_together, s.kernel_h - kh);
        p.run = static_cast<int>(part.size());
        p.tap = kh * s.kernel_w * s.channels + run * s.channels + static_cast<int>(part.begin);
        p.offset = kh * s.dilation_h * x_row + run * s.dilation_w * s.channels + part.begin;
        return p;
    }
    int64_t tiles(int64_t num_images) const { return (num_images + images - 1) / images * down; }
    int64_t pixels(const ConvShape &s) const {
        return static_cast<int64_t>(images) * height * s.out_w;
    }
};

struct Tile {
    int64_t first, last; // images
    int top, bottom;     // rows of the result

    Tile(const ConvShape &s, const Sizes &z, int64_t num_images, int64_t index) {
        first = index / z.down * z.images, last = std::min(num_images, first + z.images);
        const Slice rows(s.out_h, z.down, index % z.down);
        top = static_cast<int>(rows.begin), bottom = static_cast<int>(rows.end);
    }
};

void copy_x(const Job &job, const Sizes &z, const Tile &tile, float *to) {
    const ConvShape &s = job.s;
    const int before = std::min(s.pad_left, z.x_columns);
    const int columns = std::clamp(s.in_w, 0, z.x_columns - before);
    for (int64_t n = tile.first; n < tile.last; ++n)
        for (int i = 0; i < z.x_rows; ++i, to += z.x_row) {
            const int h = tile.top * s.stride_h - s.pad_top + i;
            if (h < 0 || h >= s.in_h) {
                std::memset(to, 0, sizeof(float) * z.x_row);
                continue;
            }
            const float *from = job.x + (n * s.in_h + h) * s.in_w * s.x_row;
            float *row = to + before * s.channels, *behind = row + columns * s.channels;
            std::memset(to, 0, sizeof(float) * before * s.channels);
            std::memset(behind, 0, sizeof(float) * (to + z.x_row - behind));
            if (s.x_row == s.channels)
                std::memcpy(row, from, sizeof(float) * columns * s.channels);
            else
                for (int w = 0; w < columns; ++w)
                    std::memcpy(row + w * s.channels, from + w * s.x_row,
                                sizeof(float) * s.channels);
        }
}

// The places of a tile's pixels in its x; how many they are.
int64_t list_pixels(const ConvShape &s, const Sizes &z, const Tile &tile, int32_t *pixels) {
    int64_t count = 0;
    for (int64_t n = 0; n < tile.last - tile.first; ++n)
        for (int i = 0; i < tile.bottom - tile.top; ++i)
            for (int j = 0; j < s.out_w; ++j)
                pixels[count++] = static_cast<int32_t>(n * z.x_image + i * s.stride_h * z.x_row +
                                                       j * s.stride_w * s.channels);
    return count;
}

// g of some groups of filters, (groups, pixels, lanes), 0 where the mask is not above 0.
void copy_g(const Job &job, const Sizes &z, const Tile &tile, const Slice &groups, int64_t pixels,
            float *to) {
    const ConvShape &s = job.s;
    const int64_t image = static_cast<int64_t>(s.out_h) * s.out_w;
    const int64_t first = groups.begin * z.lanes, end = groups.end * z.lanes;
    for (int64_t n = tile.first; n < tile.last; ++n)
        for (int64_t i = tile.top * s.out_w; i < tile.bottom * s.out_w; ++i, to += z.lanes) {
            const float *g = job.g + (n * image + i) * s.filters;
            const float *mask = job.mask ? job.mask + (n * image + i) * s.y_row : nullptr;
            float *place = to;
            for (int64_t o = first; o < end; o += 16) {
                const int left = static_cast<int>(std::clamp<int64_t>(s.filters - o, 0, 16));
                __mmask16 alive = _cvtu32_mask16((1u << left) - 1);
                if (mask) // a NaN is not below or at 0: it stays visible
                    alive = _mm512_mask_cmp_ps_mask(alive, _mm512_maskz_loadu_ps(alive, mask + o),
                                                    _mm512_setzero_ps(), _CMP_NLE_UQ);
                _mm512_store_ps(place, _mm512_maskz_loadu_ps(alive, g + o));
                place += o % z.lanes + 16 == z.lanes ? (pixels - 1) * z.lanes + 16 : 16;
            }
        }
}

// Adds the sum of a group's g to its bias.
void add_bias(const float *g, int64_t pixels, int lanes, float *bias) {
    for (int lane = 0; lane < lanes; lane += 16) {
        __m512 sum = _mm512_setzero_ps();
        for (int64_t p = 0; p < pixels; ++p)
            sum = _mm512_add_ps(sum, _mm512_load_ps(g + p * lanes + lane));
        _mm512_store_ps(bias + lane, _mm512_add_ps(_mm512_load_ps(bias + lane), sum));
    }
}

// Adds the tiles of a thread to the sums, for its units (groups, pieces).
int32_t run_share(const Job &job, const Sizes &z, const Slice &tiles, const Slice &units,
                  float *sums) {
    const ConvShape &s = job.s;
    static thread_local Scratch scratch;
    Slice groups = units;
    groups.begin = units.begin / z.pieces, groups.end = (units.end + z.pieces - 1) / z.pieces;
    const int64_t pixels = z.pixels(s), x_floats = (z.images * z.x_image + 15) / 16 * 16;
    const int64_t list = (pixels + 15) / 16 * 16;
    float *x = scratch.floats(x_floats + list + groups.size() * pixels * z.lanes);
    if (x == nullptr)
        return NO_MEMORY;
    int32_t *places = reinterpret_cast<int32_t *>(x + x_floats);
    float *g = x + x_floats + list;
    for (int64_t t = tiles.begin; t < tiles.end; ++t) {
        const Tile tile(s, z, job.images, t);
        copy_x(job, z, tile, x);
        Task task;
        task.count = list_pixels(s, z, tile, places);
        task.pixels = places, task.row = s.dilation_h * z.x_row;
        copy_g(job, z, tile, groups, task.count, g);
        for (int64_t unit = units.begin; unit < units.end; ++unit) {
            const int64_t group = unit / z.pieces;
            const Piece piece = z.piece(s, static_cast<int>(unit % z.pieces));
            task.g = g + (group - groups.begin) * task.count * z.lanes;
            if (piece.tap == 0) // whoever has it, has the bias
                add_bias(task.g, task.count, z.lanes, sums + z.bias + group * z.lanes);
            task.x = x + piece.offset;
            task.sums = sums + group * z.group + static_cast<int64_t>(piece.tap) * z.lanes;
            (z.vectors == 1 ? find<1>(piece) : find<2>(piece))(task);
        }
    }
    return OK;
}

// The sums of 16 filters, (taps, lanes), to their rows of dkernel.
void write_filters(const Job &job, const Sizes &z, int first, const float *sums) {
    const int filters = std::min(16, job.s.filters - first);
    for (int tap = 0; tap < z.taps; tap += 16) {
        alignas(64) float from[16][16] = {}, to[16][16];
        const int count = std::min(16, z.taps - tap);
        for (int i = 0; i < count; ++i)
            _mm512_store_ps(from[i], _mm512_load_ps(sums + (tap + i) * z.lanes));
        transpose(from[0], 16, to[0], 16);
        for (int i = 0; i < filters; ++i)
            std::memcpy(job.dkernel + static_cast<int64_t>(first + i) * z.taps + tap, to[i],
                        sizeof(float) * count);
    }
}

int32_t run(const Job &job, int threads) {
    const ConvShape &s = job.s;
    const Sizes z(s);
    const int64_t tiles = z.tiles(job.images), units = static_cast<int64_t>(z.groups) * z.pieces;
    const int64_t bytes = z.sums * static_cast<int64_t>(sizeof(float));
    const int parts = bytes <= SMALL_BYTES && tiles >= 2 * threads ? threads : 1;
    const int across = parts > 1 ? 1 : static_cast<int>(std::min<int64_t>(threads, units));
    static thread_local Scratch scratch;
    float *sums = scratch.floats(parts * z.sums);
    if (sums == nullptr)
        return NO_MEMORY;
    int32_t status = OK;
#pragma omp parallel num_threads(threads) reduction(max : status)
    {
#pragma omp for schedule(static)
        for (int64_t i = 0; i < parts * z.sums; i += 16)
            _mm512_store_ps(sums + i, _mm512_setzero_ps());
#pragma omp for schedule(static)
        for (int i = 0; i < parts * across; ++i)
            status = std::max(status, run_share(job, z, Slice(tiles, parts, i / across),
                                                Slice(units, across, i % across),
                                                sums + i / across * z.sums));
#pragma omp for schedule(static)
        for (int64_t i = 0; i < z.sums; i += 16)
            for (int part = 1; part < parts; ++part)
                _mm512_store_ps(sums + i,
                                _mm512_add_ps(_mm512_load_ps(sums + i),
                                              _mm512_load_ps(sums + part * z.sums + i)));
#pragma omp for schedule(static)
        for (int o = 0; o < s.filters; o += 16)
            write_filters(job, z, o, sums + o / z.lanes * z.group + o % z.lanes);
    }
    std::memcpy(job.dbias, sums + z.bias, sizeof(float) * s.filters);
    return status;
}

} // namespace
} // namespace striate

// dkernel (filters, kernel_h, kernel_w, channels) and dbias (filters) from x (images, in_h, in_w,
// channels) and g (images, out_h, out_w, filters), which counts as 0 where `mask`, as g with rows
// of y_row, is not above 0; null: everywhere.
STRIATE_EXPORT int32_t filter_gradient(const striate::ConvShape *shape, int64_t images,
                                       const float *x, const float *g, const float *mask,
                                       float *dkernel, float *dbias, int32_t threads) {
    const striate::Job job = {*shape, images, x, g, mask, dkernel, dbias};
    return striate::run(job, threads);
}
