// The gradient of the input of convolution + max-pooling (+ ReLU).
//
// For strips of an image (or a few small images), and for a block of channels, dx lies in a padded
// tile in the L2 cache, and the weights of one row of taps and some filters in the L1 cache.
// A list per pixel of the convolution says which filters won there. Each value is summed up in the
// same order whatever the strips and the number of threads.
#include <immintrin.h>
#include <omp.h>

#include <algorithm>
#include <cstring>

#include "pooled_backward.h"
#include "scratch.h"

namespace striate::pooled {
namespace {

// Of a list. Their weights of a row of 3x3 taps are 36 KB, more than the L1 cache, but longer lists
// pay for that: the sums go to registers and back once a list.
constexpr int FILTERS = 96;
constexpr size_t TILE_BYTES = 192 << 10; // of dx
constexpr int64_t FEW_BYTES = 24 << 10;  // of weights that stay in the L1 cache, all rows of taps

// Channels at a time: two vectors for 3x3, so that a row of taps makes six sums, enough to hide an
// FMA's four cycles; one for wider kernels, more for 1x1.
int width(const ConvShape &s) { return s.kernel_w == 1 ? 64 : s.kernel_w <= 4 ? 32 : 16; }
int blocks_of(const ConvShape &s) { return num_blocks(s, width(s)); }
Block block_of(const ConvShape &s, int index) { return block(s, width(s), index); }

struct Job {
    const ConvShape &s;
    int64_t images;
    const uint8_t *code;
    const float *g;
    const float *packed; // per block: (kernel_h, filters, vectors, 16)
    float *dx;
    int pooled_rows, pooled_columns, groups; // groups: of FILTERS filters
};

// How the work is cut: strips of an image, or several whole images at once.
struct Strips {
    int down, images, tile_columns;

    Strips(const ConvShape &s, int64_t num_images, int threads) {
        tile_columns = std::max(s.in_w + s.pad_left, s.out_w + s.kernel_w - 1);
        const size_t row = static_cast<size_t>(tile_columns) * block_of(s, 0).width * sizeof(float);
        const size_t whole = row * (s.in_h + s.kernel_h);
        down = static_cast<int>(std::min<size_t>(s.in_h, (whole + TILE_BYTES - 1) / TILE_BYTES));
        if (num_images % threads != 0 && num_images < 4 * threads)
            down = std::min(s.in_h, std::max(down, threads)); // work for every thread
        images = 1;
        if (down == 1) {
            const int64_t each = std::max<int64_t>(1, (num_images + threads - 1) / threads);
            images = static_cast<int>(std::clamp<int64_t>(TILE_BYTES / whole, 1, each));
        }
    }
    int64_t count(int64_t num_images) const { return (num_images + images - 1) / images * down; }
};

// Rows [top, bottom) of dx of some images, and the rows [first, last) of pooled cells they need.
struct Strip {
    int64_t image, end;
    int top, bottom, first, last;
    int tile_rows; // all that those cells touch, from row 2 * first - pad_top on

    Strip(const Job &job, const Strips &strips, int64_t index) {
        const ConvShape &s = job.s;
        image = index / strips.down * strips.images;
        end = std::min(job.images, image + strips.images);
        const Slice rows(s.in_h, strips.down, index % strips.down);
        top = rows.begin, bottom = rows.end;
        // convolution rows h with top <= h + kh - pad_top < bottom for some kh
        const int h0 = std::max(0, top + s.pad_top - (s.kernel_h - 1));
        const int h1 = std::min(2 * job.pooled_rows, bottom + s.pad_top);
        first = std::min(h0 / 2, job.pooled_rows);
        last = std::max(first, (h1 + 1) / 2);
        tile_rows = 2 * (last - first) + s.kernel_h - 1;
    }
    int conv_rows() const { return 2 * (last - first); }
};

struct Memory {
    List *lists;
    int32_t *offsets;
    float *values, *tile;
};

// The four lists of a cell for the filters from `from`: which won at each of its pixels.
int64_t cell_lists(const Job &job, int64_t cell, int from, int64_t place, List *const four[4],
                   const Memory &m) {
    const int to = std::min(job.s.filters, from + FILTERS);
    alignas(64) int32_t offsets[4][FILTERS + 16];
    alignas(64) float values[4][FILTERS + 16];
    int counts[4] = {};
    const int64_t codes = job.images * job.pooled_rows * job.pooled_columns * job.s.filters;
    const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    for (int o = from; o < to; o += 16) {
        const __mmask16 there = _cvtu32_mask16((1u << std::min(16, to - o)) - 1);
        const int64_t at = cell * job.s.filters + o;
        const __m128i code = load_codes(job.code + at, job.code + codes);
        const __m512 g = _mm512_maskz_loadu_ps(there, job.g + at);
        const __m512i number = _mm512_add_epi32(lanes, _mm512_set1_epi32(o));
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
            const __mmask16 won =
                _mm_mask_cmpeq_epu8_mask(there, code, _mm_set1_epi8(static_cast<char>(i)));
            // compressed in registers: compressing stores are slow on Zen 4
            _mm512_storeu_si512(offsets[i] + counts[i], _mm512_maskz_compress_epi32(won, number));
            _mm512_storeu_ps(values[i] + counts[i], _mm512_maskz_compress_ps(won, g));
            counts[i] += __builtin_popcount(_cvtmask16_u32(won));
        }
    }
    for (int i = 0; i < 4; ++i) {
        four[i]->first = place, four[i]->count = counts[i];
        for (int k = 0; k < counts[i]; k += 16) {
            _mm512_storeu_si512(m.offsets + place + k, _mm512_load_si512(offsets[i] + k));
            _mm512_storeu_ps(m.values + place + k, _mm512_load_ps(values[i] + k));
        }
        place += counts[i];
    }
    return place;
}

// The lists (groups, images, conv rows, conv columns) of a strip.
void build_lists(const Job &job, const Strip &strip, const Memory &m) {
    const int columns = 2 * job.pooled_columns;
    int64_t place = 0;
    List *lists = m.lists;
    for (int group = 0; group < job.groups; ++group)
        for (int64_t n = strip.image; n < strip.end; ++n)
            for (int i = strip.first; i < strip.last; ++i, lists += 2 * columns)
                for (int j = 0; j < job.pooled_columns; ++j) {
                    const int64_t cell =
                        (n * job.pooled_rows + i) * job.pooled_columns + j;
                    List *const four[] = {lists + 2 * j, lists + 2 * j + 1, lists + columns + 2 * j,
                                          lists + columns + 2 * j + 1};
                    place = cell_lists(job, cell, group * FILTERS, place, four, m);
                }
}

// The tile of one image to dx.
void write_out(const Job &job, const Strips &strips, const Strip &strip, const Block &b, int64_t n,
               const float *tile) {
    const ConvShape &s = job.s;
    for (int h = strip.top; h < strip.bottom; ++h) {
        float *to = job.dx + (n * s.in_h + h) * static_cast<int64_t>(s.in_w) * s.channels + b.first;
        const int row = h + s.pad_top - 2 * strip.first;
        const bool inside = row >= 0 && row < strip.tile_rows;
        const int64_t pixel = static_cast<int64_t>(row) * strips.tile_columns + s.pad_left;
        const float *from = tile + pixel * b.width;
        for (int w = 0; w < s.in_w; ++w, to += s.channels)
            if (inside)
                std::memcpy(to, from + w * b.width, sizeof(float) * b.used);
            else
                std::memset(to, 0, sizeof(float) * b.used);
    }
}

// All rows of taps at once where there are few weights; but not where what a run has behind it
// reaches into the next row of the tile.
int rows_together(const ConvShape &s, const Block &b, int64_t tile_row) {
    const int64_t run = 16 * b.vectors, bytes = s.kernel_h * s.filters * run * 4;
    const bool few = bytes <= FEW_BYTES && s.kernel_h * b.vectors <= 12;
    return few && run <= tile_row ? s.kernel_h : 1;
}

void add_block(const Job &job, const Strips &strips, const Strip &strip, int index,
               const float *packed, const Memory &m) {
    const ConvShape &s = job.s;
    const Block b = block_of(s, index);
    const int columns = 2 * job.pooled_columns;
    const int64_t row = static_cast<int64_t>(strips.tile_columns) * b.width;
    const int64_t tile = strip.tile_rows * row, images = strip.end - strip.image;
    const int64_t image_lists = static_cast<int64_t>(strip.conv_rows()) * columns;
    std::memset(m.tile, 0, sizeof(float) * (tile * images + SLACK));
    Runs runs;
    runs.offsets = m.offsets, runs.values = m.values;
    runs.unit = 16 * b.vectors, runs.target_row = row, runs.source_row = s.filters * runs.unit;
    const int rows = rows_together(s, b, row);
    runs.count = image_lists;
    for (int64_t i = 0; i < image_lists * job.groups * images; ++i)
        m.lists[i].target = static_cast<int32_t>(i / columns % strip.conv_rows() * row +
                                                 i % columns * b.width);
    for (int kh = 0; kh < s.kernel_h; kh += rows)
        for (int group = 0; group < job.groups; ++group)
            for (int64_t n = 0; n < images; ++n) {
                runs.lists = m.lists + (group * images + n) * image_lists;
                runs.source = packed + kh * runs.source_row;
                runs.target = m.tile + n * tile + kh * row;
                add_runs(runs, rows, b.vectors);
            }
    for (int64_t n = 0; n < images; ++n)
        write_out(job, strips, strip, b, strip.image + n, m.tile + n * tile);
}

int32_t run_strips(const Job &job, const Strips &strips, const Slice &part) {
    static thread_local Scratch scratch;
    for (int64_t i = part.begin; i < part.end; ++i) {
        const Strip strip(job, strips, i);
        const size_t images = strip.end - strip.image;
        const size_t cells = images * (strip.last - strip.first) * job.pooled_columns;
        const size_t num_lists = 4 * cells * job.groups;
        const size_t list_floats = (num_lists * sizeof(List) / sizeof(float) + 15) / 16 * 16;
        const size_t entries = (cells * job.s.filters + 31) / 16 * 16;
        const size_t row = static_cast<size_t>(strips.tile_columns) * block_of(job.s, 0).width;
        const size_t tile = images * strip.tile_rows * row;
        float *place = scratch.floats(list_floats + 2 * entries + tile + SLACK);
        if (place == nullptr)
            return NO_MEMORY;
        Memory m;
        m.tile = place;
        m.lists = reinterpret_cast<List *>(place += (tile + SLACK + 15) / 16 * 16);
        m.offsets = reinterpret_cast<int32_t *>(place += list_floats);
        m.values = place + entries;
        build_lists(job, strip, m);
        const float *packed = job.packed;
        for (int b = 0; b < blocks_of(job.s); ++b) {
            add_block(job, strips, strip, b, packed, m);
            packed += static_cast<int64_t>(job.s.kernel_h) * job.s.filters * 16 *
                      block_of(job.s, b).vectors;
        }
    }
    return OK;
}

// Weights (filters, kernel_h, kernel_w, channels) per block as (kernel_h, filters, vectors, 16),
// zeros behind a run; by all threads of a parallel region together.
void pack(const ConvShape &s, const float *weights, float *packed) {
    for (int index = 0; index < blocks_of(s); ++index) {
        const Block b = block_of(s, index);
        const int run = 16 * b.vectors;
#pragma omp for schedule(static) nowait
        for (int i = 0; i < s.kernel_h * s.filters; ++i) {
            const int kh = i / s.filters, o = i % s.filters;
            float *to = packed + static_cast<int64_t>(i) * run;
            std::memset(to, 0, sizeof(float) * run);
            const int64_t row = static_cast<int64_t>(o) * s.kernel_h + kh;
            const float *from = weights + row * s.kernel_w * s.channels + b.first;
            for (int kw = 0; kw < s.kernel_w; ++kw)
                std::memcpy(to + kw * b.width, from + kw * s.channels, sizeof(float) * b.used);
        }
        packed += static_cast<int64_t>(s.kernel_h) * s.filters * run;
    }
}

size_t packed_floats(const ConvShape &s) {
    size_t floats = 0;
    for (int index = 0; index < blocks_of(s); ++index)
        floats += static_cast<size_t>(s.kernel_h) * s.filters * 16 * block_of(s, index).vectors;
    return floats;
}

} // namespace
} // namespace striate::pooled

// dx (images, in_h, in_w, channels) from weights (filters, kernel_h, kernel_w, channels) and code,
// g (images, out_h / 2, out_w / 2, filters).
STRIATE_EXPORT int32_t pooled_backward_data(const striate::ConvShape *shape, int64_t images,
                                            const float *weights, const uint8_t *code,
                                            const float *g, float *dx, int32_t threads) {
    using namespace striate;
    using namespace striate::pooled;
    const ConvShape &s = *shape;
    if (!suitable(s))
        return UNSUITABLE;
    static thread_local Scratch scratch;
    float *packed = scratch.floats(packed_floats(s));
    if (packed == nullptr)
        return NO_MEMORY;
    const Job job = {s, images, code, g, packed, dx, s.out_h / 2, s.out_w / 2,
                     (s.filters + FILTERS - 1) / FILTERS};
    const Strips strips(s, images, threads);
    int32_t status = OK;
#pragma omp parallel num_threads(threads) reduction(max : status)
    {
        pack(s, weights, packed);
#pragma omp barrier
#pragma omp for schedule(static)
        for (int i = 0; i < threads; ++i)
            status =
                std::max(status, run_strips(job, strips, Slice(strips.count(images), threads, i)));
    }
    return status;
}
