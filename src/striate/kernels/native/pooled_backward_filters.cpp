// The gradient of the weights and the bias of convolution + max-pooling (+ ReLU).
//
// Threads share the filters (and the blocks of channels, if there are few filters): each goes over
// all images for its own part of the result, so nothing is added up between threads. Only a small
// result is computed once per thread, for a part of the images, and added up.
// For a tile of pooled cells whose part of x stays in the L1 cache, a list per filter says where it
// won; then the inner kernel adds those patches of x.
#include <omp.h>

#include <algorithm>
#include <cstring>

#include "pooled_backward.h"
#include "pooled_backward_tiles.h"
#include "scratch.h"

namespace striate::pooled {
namespace {

constexpr int64_t LIST_BYTES = 256 << 10;  // of the lists of a few tiles: some of the L2 cache
constexpr int64_t SMALL_BYTES = 128 << 10; // a result that every thread may have
constexpr int64_t CLEARED = 4096;          // floats at a time

// Channels at a time. With 16 the tiles are larger than with 32, so lists are longer, and less time
// goes to the sums' ways to the registers and back; 1x1 needs more sums to hide an FMA's latency.
int width(const ConvShape &s) { return s.kernel_w == 1 ? 64 : 16; }
int blocks_of(const ConvShape &s) { return num_blocks(s, width(s)); }
Block block_of(const ConvShape &s, int64_t index) {
    return block(s, width(s), static_cast<int>(index));
}

int64_t rounded(int64_t floats) { return (floats + 15) / 16 * 16; }

// How the work is shared: parts of the tiles, of the filters, of the blocks of channels.
struct Split {
    int tiles = 1, filters, blocks = 1;

    Split(const ConvShape &s, int64_t num_tiles, int64_t result_floats, int threads) {
        filters = std::clamp((s.filters + 7) / 8, 1, threads);
        if (result_floats * static_cast<int64_t>(sizeof(float)) <= SMALL_BYTES &&
            num_tiles >= 4 * threads)
            tiles = threads, filters = 1;
        else
            blocks = std::clamp(threads / filters, 1, blocks_of(s));
    }
    int count() const { return tiles * filters * blocks; }
};

// What a thread does.
struct Share {
    Slice tiles, filters, blocks;
};

// Places in the sums of a part of the tiles, in floats: (blocks, filters, kernel_h, vectors, 16),
// and then the bias's, once for each share of the blocks, where a share begins at a whole vector.
struct Sums {
    int64_t filters, filter, block, bias, all;

    explicit Sums(const ConvShape &s)
        : filters(s.filters), filter(int64_t{16} * s.kernel_h * block_of(s, 0).vectors),
          block(filters * filter), bias(blocks_of(s) * block),
          all(bias + blocks_of(s) * 16 * filters) {}

    int64_t of(const Share &share, int64_t b) const {
        return b * block + share.filters.begin * filter;
    }
    int64_t bias_of(const Share &share) const {
        return bias + (share.blocks.begin * filters + share.filters.begin) * 16;
    }
};

// The memory of a thread: the lists of some tiles, and x of one.
struct Memory {
    ListMemory lists;
    float *x;
    int64_t chunk; // tiles whose lists are kept

    int32_t take(Scratch &scratch, const ConvShape &s, const Tiles &tiles, const Share &share) {
        const int64_t filters = share.filters.size();
        lists.capacity = tiles.cells() + SPARE;
        chunk = std::clamp<int64_t>(LIST_BYTES / (lists.capacity * filters * 8), 1,
                                    std::max<int64_t>(1, share.tiles.size()));
        const int64_t pixels = static_cast<int64_t>(2 * tiles.height + s.kernel_h - 1) *
                               (2 * tiles.width + s.kernel_w - 1) * tiles.images;
        const int64_t x_floats = rounded(pixels * block_of(s, 0).width + SLACK);
        const int64_t entries = rounded(chunk * filters * lists.capacity);
        const int64_t list_floats = rounded(chunk * filters * sizeof(List) / sizeof(float));
        x = scratch.floats(x_floats + 2 * entries + list_floats);
        if (x == nullptr)
            return NO_MEMORY;
        lists.values = x + x_floats;
        lists.offsets = reinterpret_cast<int32_t *>(lists.values + entries);
        lists.lists = reinterpret_cast<List *>(lists.values + 2 * entries);
        return OK;
    }
};

// Adds the tiles [from, to), whose lists are there, to the sums of a block.
void add_block(const FiltersJob &job, const Tiles &tiles, const Memory &m, int64_t from, int64_t to,
               int64_t filters, const Block &b, float *sums) {
    const int64_t filter_floats = static_cast<int64_t>(16) * job.s.kernel_h * b.vectors;
    Runs runs;
    runs.lists = m.lists.lists, runs.count = filters;
    for (int64_t i = 0; i < (to - from) * filters; ++i)
        m.lists.lists[i].target = static_cast<int32_t>(i % filters * filter_floats);
    runs.offsets = m.lists.offsets, runs.values = m.lists.values, runs.unit = b.width;
    runs.source = m.x, runs.target = sums, runs.target_row = 16 * b.vectors;
    for (int64_t t = from; t < to; ++t, runs.lists += filters) {
        const Tile tile(job.s, tiles, job.images, t);
        copy_x(job, tile, b, m.x);
        runs.source_row = tile.x_columns * b.width;
        add_runs(runs, job.s.kernel_h, b.vectors);
    }
}

int32_t run_share(const FiltersJob &job, const Tiles &tiles, const Share &share, const Sums &z,
                  float *sums) {
    static thread_local Scratch scratch;
    Memory m;
    if (m.take(scratch, job.s, tiles, share) != OK)
        return NO_MEMORY;
    const Slice &filters = share.filters;
    float *bias = sums + z.bias_of(share);
    for (int64_t from = share.tiles.begin; from < share.tiles.end; from += m.chunk) {
        const int64_t to = std::min(share.tiles.end, from + m.chunk);
        for (int64_t t = from; t < to; ++t)
            build_lists(job, Tile(job.s, tiles, job.images, t), filters,
                        (t - from) * filters.size(), m.lists, bias);
        for (int64_t b = share.blocks.begin; b < share.blocks.end; ++b)
            add_block(job, tiles, m, from, to, filters.size(), block_of(job.s, b),
                      sums + z.of(share, b));
    }
    return OK;
}

// The sums of a share's filters and blocks, added up over the parts of the tiles, to their places.
void write_out(const FiltersJob &job, const Share &share, const Sums &z, int parts, float *sums) {
    const ConvShape &s = job.s;
    for (int64_t b = share.blocks.begin; b < share.blocks.end; ++b) {
        const Block its = block_of(s, b);
        float *run = sums + z.of(share, b);
        for (int64_t o = share.filters.begin; o < share.filters.end; ++o)
            for (int kh = 0; kh < s.kernel_h; ++kh, run += 16 * its.vectors) {
                for (int part = 1; part < parts; ++part)
                    for (int i = 0; i < 16 * its.vectors; ++i)
                        run[i] += run[part * z.all + i];
                const int64_t row = (o * s.kernel_h + kh) * s.kernel_w;
                for (int kw = 0; kw < s.kernel_w; ++kw)
                    std::memcpy(job.dkernel + (row + kw) * s.channels + its.first,
                                run + kw * its.width, sizeof(float) * its.used);
            }
    }
    const float *bias = sums + z.bias_of(share);
    for (int64_t i = 0; share.blocks.begin == 0 && i < share.filters.size(); ++i) {
        float sum = bias[i];
        for (int part = 1; part < parts; ++part)
            sum += bias[part * z.all + i];
        job.dbias[share.filters.begin + i] = sum;
    }
}

int32_t filters_by_lists(const FiltersJob &job, int threads) {
    const ConvShape &s = job.s;
    const Tiles tiles(s, block_of(s, 0).width);
    const Sums z(s);
    const int64_t num_tiles = tiles.count(job.images);
    const Split split(s, num_tiles, z.bias, threads);
    static thread_local Scratch scratch;
    float *sums = scratch.floats(z.all * split.tiles);
    if (sums == nullptr)
        return NO_MEMORY;
    int32_t status = OK;
#pragma omp parallel num_threads(threads) reduction(max : status)
    {
#pragma omp for schedule(static)
        for (int64_t i = 0; i < split.tiles * z.all; i += CLEARED)
            std::memset(sums + i, 0, sizeof(float) * std::min(CLEARED, split.tiles * z.all - i));
#pragma omp for schedule(static)
        for (int i = 0; i < split.count(); ++i) {
            const int part = i / (split.filters * split.blocks);
            const int rest = i / split.filters % split.blocks;
            const Share share = {Slice(num_tiles, split.tiles, part),
                                 Slice(s.filters, split.filters, i % split.filters),
                                 Slice(blocks_of(s), split.blocks, rest)};
            status = std::max(status, run_share(job, tiles, share, z, sums + part * z.all));
        }
#pragma omp for schedule(static)
        for (int i = 0; i < split.filters * split.blocks; ++i) {
            const Share share = {Slice(0, 1, 0), Slice(s.filters, split.filters, i % split.filters),
                                 Slice(blocks_of(s), split.blocks, i / split.filters)};
            write_out(job, share, z, split.tiles, sums);
        }
    }
    return status;
}

} // namespace
} // namespace striate::pooled

// dkernel (filters, kernel_h, kernel_w, channels), dbias (filters), from x (images, in_h, in_w,
// channels) and code, g (images, out_h / 2, out_w / 2, filters).
STRIATE_EXPORT int32_t pooled_backward_filters(const striate::ConvShape *shape, int64_t images,
                                               const float *x, const uint8_t *code, const float *g,
                                               float *dkernel, float *dbias, int32_t threads) {
    using namespace striate::pooled;
    if (!suitable(*shape))
        return striate::UNSUITABLE;
    const FiltersJob job = {*shape, images, x, code, g, dkernel, dbias};
    return few_taps(*shape) ? filters_by_quads(job, threads) : filters_by_lists(job, threads);
}
