// The gradient of the weights and the bias of convolution + max-pooling (+ ReLU).
//
// Threads share the filters (and the blocks of channels, if there are few filters): each goes over
// all images for its own part of the result, so nothing is added up between threads, and the
// result does not depend on their number. For a tile of pooled cells whose part of x stays in the
// L1 cache, a list per filter says where it won; then the inner kernel adds those patches of x.
#include <immintrin.h>
#include <omp.h>

#include <algorithm>
#include <cstring>

#include "pooled_backward.h"
#include "scratch.h"

namespace striate::pooled {
namespace {

constexpr size_t TILE_BYTES = 26 << 10;  // of x: most of the L1 cache
constexpr size_t LIST_BYTES = 256 << 10; // of the lists of a few tiles: some of the L2 cache
constexpr int SPARE = 16;                // entries that are written behind a list

// How the pooled cells are cut into tiles: parts of an image, or several whole images.
struct Tiles {
    int rows, columns;   // pooled cells of an image
    int down, across;    // tiles of an image
    int height, width;   // most cells of a tile
    int images;          // of a tile

    Tiles(const ConvShape &s, int channels) : rows(s.out_h / 2), columns(s.out_w / 2) {
        const auto bytes = [&](int h, int w) {
            const int64_t pixels = (2 * h + s.kernel_h - 1) * (2 * w + s.kernel_w - 1);
            return pixels * channels * sizeof(float);
        };
        for (across = 1;; ++across) { // narrower, until a few rows fit
            width = (columns + across - 1) / across;
            height = rows;
            while (height > 1 && bytes(height, width) > TILE_BYTES)
                --height;
            if (height >= std::min(rows, 4) || width <= 8)
                break;
        }
        down = (rows + height - 1) / height;
        height = (rows + down - 1) / down; // even parts
        images = 1;
        if (down * across == 1)
            images = static_cast<int>(std::clamp<size_t>(TILE_BYTES / bytes(rows, columns), 1, 64));
    }

    int64_t count(int64_t num_images) const {
        return (num_images + images - 1) / images * down * across;
    }
    int cells() const { return height * width * images; }
};

// One tile: cells [top, bottom) x [left, right) of the images from `first` to `last`.
struct Tile {
    int64_t first, last;
    int top, bottom, left, right;
    int x_rows, x_columns; // of x that they see

    Tile(const ConvShape &s, const Tiles &t, int64_t num_images, int64_t index) {
        const int64_t group = index / (t.down * t.across);
        const int part = static_cast<int>(index % (t.down * t.across));
        first = group * t.images;
        last = std::min(num_images, first + t.images);
        const Part h(t.rows, t.down, part / t.across), w(t.columns, t.across, part % t.across);
        top = h.begin, bottom = h.end, left = w.begin, right = w.end;
        x_rows = 2 * (bottom - top) + s.kernel_h - 1;
        x_columns = 2 * (right - left) + s.kernel_w - 1;
    }
};

// The part of x that a tile sees, `block` of its channels, with zeros around.
void copy_x(const FiltersJob &job, const Tile &tile, const Block &b, float *to) {
    const ConvShape &s = job.s;
    const int top = 2 * tile.top - s.pad_top, left = 2 * tile.left - s.pad_left;
    const int before = std::clamp(-left, 0, tile.x_columns);
    const int behind = std::clamp(s.in_w - left, before, tile.x_columns);
    for (int64_t n = tile.first; n < tile.last; ++n)
        for (int i = 0; i < tile.x_rows; ++i, to += tile.x_columns * b.width) {
            const int h = top + i;
            if (h < 0 || h >= s.in_h) {
                std::memset(to, 0, sizeof(float) * tile.x_columns * b.width);
                continue;
            }
            std::memset(to, 0, sizeof(float) * before * b.width);
            std::memset(to + behind * b.width, 0,
                        sizeof(float) * (tile.x_columns - behind) * b.width);
            const float *from =
                job.x + ((n * s.in_h + h) * s.in_w + left + before) * s.x_row + b.first;
            if (b.used == b.width && s.x_row == b.width) {
                std::memcpy(to + before * b.width, from,
                            sizeof(float) * (behind - before) * b.width);
                continue;
            }
            for (int j = before; j < behind; ++j, from += s.x_row) {
                float *pixel = to + j * b.width;
                for (int c = 0; c < b.width; c += 16) {
                    const __mmask16 there = _cvtu32_mask16((1u << std::min(16, b.used - c)) - 1);
                    const __mmask16 room = _cvtu32_mask16((1u << std::min(16, b.width - c)) - 1);
                    _mm512_mask_storeu_ps(pixel + c, room, _mm512_maskz_loadu_ps(there, from + c));
                }
            }
        }
}

// The lists of the filters `part` in a tile: where in the copied x each won, and its gradient.
// An entry is always written and only counted where the cell is alive: no branch to mispredict.
void build_lists(const FiltersJob &job, const Tile &tile, const Part &part, int64_t capacity,
                 int64_t place, List *lists, int32_t *offsets, float *values) {
    const ConvShape &s = job.s;
    const int rows = s.out_h / 2, columns = s.out_w / 2;
    for (int64_t o = 0; o < part.size(); ++o)
        lists[o].first = place + o * capacity, lists[o].count = 0;
    for (int64_t n = tile.first; n < tile.last; ++n)
        for (int i = tile.top; i < tile.bottom; ++i)
            for (int j = tile.left; j < tile.right; ++j) {
                const int64_t cell = ((n * rows + i) * columns + j) * s.filters + part.begin;
                const int row = static_cast<int>(n - tile.first) * tile.x_rows + 2 * (i - tile.top);
                const int pixel = row * tile.x_columns + 2 * (j - tile.left);
                const int32_t places[] = {pixel, pixel + 1, pixel + tile.x_columns,
                                          pixel + tile.x_columns + 1, 0};
                for (int64_t o = 0; o < part.size(); ++o) {
                    const int won = std::min<int>(job.code[cell + o], 4);
                    const int64_t at = lists[o].first + lists[o].count;
                    offsets[at] = places[won];
                    values[at] = job.g[cell + o];
                    lists[o].count += won < 4;
                }
            }
}

void add_bias(const FiltersJob &job, const Part &part) {
    const ConvShape &s = job.s;
    const int64_t cells = job.images * (s.out_h / 2) * (s.out_w / 2);
    for (int64_t o = part.begin; o < part.end; o += 16) {
        const __mmask16 there = _cvtu32_mask16((1u << std::min<int64_t>(16, part.end - o)) - 1);
        __m512 sum = _mm512_setzero_ps();
        for (int64_t i = 0; i < cells; ++i) {
            const __m128i code = load_codes(job.code + i * s.filters + o, job.code + cells * s.filters);
            const __mmask16 alive = _mm_mask_cmplt_epu8_mask(there, code, _mm_set1_epi8(4));
            sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(alive, job.g + i * s.filters + o));
        }
        _mm512_mask_storeu_ps(job.dbias + o, there, sum);
    }
}

// One block's sums, (filters of the part, kernel_h, vectors, 16), to their places in dkernel.
void write_out(const FiltersJob &job, const Part &part, const Block &b, const float *sums) {
    const ConvShape &s = job.s;
    for (int64_t o = part.begin; o < part.end; ++o)
        for (int kh = 0; kh < s.kernel_h; ++kh, sums += 16 * b.vectors) {
            float *to = job.dkernel + (o * s.kernel_h + kh) * s.kernel_w * s.channels + b.first;
            for (int kw = 0; kw < s.kernel_w; ++kw)
                std::memcpy(to + kw * s.channels, sums + kw * b.width, sizeof(float) * b.used);
        }
}

// The memory of a thread: the lists of some tiles, x of one, and the sums of the result.
struct Memory {
    List *lists;
    int32_t *offsets;
    float *values, *x, *sums;
};

struct Plan {
    Tiles tiles;
    int64_t capacity, chunk;               // entries of a list; tiles whose lists are kept
    size_t filter_floats, x_floats;        // of a filter's sums in the widest block; of x
    size_t lists_floats, entries_floats;   // of a chunk's lists

    Plan(const ConvShape &s, int64_t images, int64_t filters) : tiles(s, block(s, 0).width) {
        const Block b = block(s, 0);
        capacity = tiles.cells() + SPARE;
        const int64_t bytes = std::max<int64_t>(1, capacity * filters * 8);
        chunk = std::clamp<int64_t>(LIST_BYTES / bytes, 1, tiles.count(images));
        filter_floats = static_cast<size_t>(16) * s.kernel_h * b.vectors;
        const size_t pixels = static_cast<size_t>(2 * tiles.height + s.kernel_h - 1) *
                              (2 * tiles.width + s.kernel_w - 1);
        x_floats = (pixels * tiles.images * b.width + SLACK + 15) / 16 * 16;
        entries_floats = (static_cast<size_t>(chunk) * filters * capacity + 15) / 16 * 16;
        lists_floats = (sizeof(List) * chunk * filters / sizeof(float) + 15) / 16 * 16;
    }
    size_t floats(int64_t filters, int blocks) const {
        return x_floats + lists_floats + 2 * entries_floats + filters * blocks * filter_floats;
    }
    Memory memory(float *place) const {
        Memory m;
        m.x = place;
        m.lists = reinterpret_cast<List *>(place += x_floats);
        m.offsets = reinterpret_cast<int32_t *>(place += lists_floats);
        m.values = place += entries_floats;
        m.sums = place + entries_floats;
        return m;
    }
};

void add_tile(const FiltersJob &job, const Tile &tile, const Block &b, const List *lists, int64_t filters,
              const Memory &m, float *sums) {
    copy_x(job, tile, b, m.x);
    Runs runs;
    runs.lists = lists, runs.count = filters;
    runs.offsets = m.offsets, runs.values = m.values, runs.unit = b.width;
    runs.source = m.x, runs.target = sums;
    runs.source_row = tile.x_columns * b.width, runs.target_row = 16 * b.vectors;
    add_runs(runs, job.s.kernel_h, b.vectors);
}

// A thread's part: some filters, some blocks.
int32_t run_part(const FiltersJob &job, const Part &filters, const Part &blocks) {
    if (filters.size() == 0 || blocks.size() == 0)
        return OK;
    static thread_local Scratch scratch;
    const Plan plan(job.s, job.images, filters.size());
    float *place = scratch.floats(plan.floats(filters.size(), static_cast<int>(blocks.size())));
    if (place == nullptr)
        return NO_MEMORY;
    const Memory m = plan.memory(place);
    const size_t block_floats = filters.size() * plan.filter_floats;
    std::memset(m.sums, 0, sizeof(float) * blocks.size() * block_floats);
    const int64_t num_tiles = plan.tiles.count(job.images);
    for (int64_t from = 0; from < num_tiles; from += plan.chunk) {
        const int64_t to = std::min(num_tiles, from + plan.chunk);
        for (int64_t t = from; t < to; ++t)
            build_lists(job, Tile(job.s, plan.tiles, job.images, t), filters, plan.capacity,
                        (t - from) * filters.size() * plan.capacity,
                        m.lists + (t - from) * filters.size(), m.offsets, m.values);
        for (int64_t b = blocks.begin; b < blocks.end; ++b) {
            const Block its = block(job.s, static_cast<int>(b));
            List *lists = m.lists;
            for (int64_t o = 0; o < (to - from) * filters.size(); ++o)
                lists[o].target = static_cast<int32_t>(o % filters.size() * job.s.kernel_h *
                                                       16 * its.vectors);
            for (int64_t t = from; t < to; ++t, lists += filters.size())
                add_tile(job, Tile(job.s, plan.tiles, job.images, t), its, lists, filters.size(), m,
                         m.sums + (b - blocks.begin) * block_floats);
        }
    }
    for (int64_t b = blocks.begin; b < blocks.end; ++b)
        write_out(job, filters, block(job.s, static_cast<int>(b)),
                  m.sums + (b - blocks.begin) * block_floats);
    if (blocks.begin == 0)
        add_bias(job, filters);
    return OK;
}

} // namespace
} // namespace striate::pooled

// dkernel (filters, kernel_h, kernel_w, channels), dbias (filters), from x (images, in_h, in_w,
// channels) and code, g (images, out_h / 2, out_w / 2, filters).
STRIATE_EXPORT int32_t pooled_backward_filters(const striate::ConvShape *shape, int64_t images,
                                               const float *x, const uint8_t *code, const float *g,
                                               float *dkernel, float *dbias, int32_t threads) {
    using namespace striate;
    using namespace striate::pooled;
    if (!suitable(*shape))
        return UNSUITABLE;
    const FiltersJob job = {*shape, images, x, code, g, dkernel, dbias};
    if (few_taps(*shape))
        return filters_by_quads(job, threads);
    const int blocks = num_blocks(*shape);
    const int across = std::clamp((shape->filters + 7) / 8, 1, std::max(1, threads));
    const int along = std::clamp(threads / across, 1, blocks);
    int32_t status = OK;
#pragma omp parallel for num_threads(across * along) schedule(static) reduction(max : status)
    for (int i = 0; i < across * along; ++i)
        status = std::max(status, run_part(job, Part(shape->filters, across, i % across),
                                           Part(blocks, along, i / across)));
    return status;
}
