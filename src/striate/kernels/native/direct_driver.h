// Direct convolution: threads, chunks, filters, parts of the weights and tiles, in that order.
#pragma once

#include <cmath>
#include <memory>
#include <new>

#include "direct_pack.h"
#include "direct_stage.h"
#include "direct_tile.h"
#include "scratch.h"
#include "slice.h"
#include "team.h"

namespace striate {

// How threads share the work: `cells` times `filters` of them.
struct Split {
    int64_t cells, filters;

    // Compares what the busiest thread computes, where every pass over the weights of 32 filters
    // costs as much as some pixels: few pixels are better shared out by filters. Blocks of filters
    // may be `cut`: their pixels shared out. Where all threads keep all weights in their caches
    // (`kept`), they rather keep their rows of the maps, too, from one kernel to the next: a line
    // that both cores have read takes some 20 cycles more to write.
    Split(int64_t pixels, int64_t outputs, int64_t threads, bool cut, bool kept)
        : cells(threads), filters(1) {
        const double blocks = static_cast<double>(outputs) / BLOCK, whole = std::ceil(blocks);
        double least = 0;
        for (int64_t f = 1; f <= threads; ++f) {
            if (threads % f)
                continue;
            const int64_t p = (pixels + threads / f - 1) / (threads / f);
            const double passes = f == 1 ? blocks : cut ? whole / f : std::ceil(whole / f);
            const double cost = (static_cast<double>(p) + WEIGHTS_COST) * passes;
            if (f == 1 || cost < (kept ? 0.95 : 0.98) * least)
                least = cost, cells = threads / f, filters = f;
        }
    }

  private:
    static constexpr double WEIGHTS_COST = 3; // of a block's pass, in pixels
};

// Weights of so many packed rows of 32 filters need not be read by blocks.
inline constexpr int64_t RESIDENT_ROWS = 2048;

// Maps whose zeros are worth leaving out, if several images fill a tile well enough.
inline constexpr int64_t LOW = 8, SEVERAL = 6, MOST_RUNS = 16;

template <class Math> class Direct {
    using Value = typename Math::Value;

  public:
    Direct(const ConvShape &shape, const ConvValues &values)
        : s(shape), v(values), g(shape, Math::COPIES || values.mask != nullptr, Math::STEP) {}

    Status run(int64_t images, int threads) {
        const int64_t most = g.max_runs(), blocks = (s.filters + BLOCK - 1) / BLOCK;
        runs.reset(new (std::nothrow) Run[most]);
        parts.reset(new (std::nothrow) Part[most]);
        if (!runs || !parts)
            return NO_MEMORY;
        num_parts = g.parts(runs.get(), parts.get());
        depth = g.depth();
        streams = s.pool == 1 && s.activation != LEAKY_RELU && (s.filters | s.y_row) % LANES == 0 &&
                  reinterpret_cast<uintptr_t>(v.y) % 64 == 0 &&
                  images * g.cells() * s.filters >= STREAMED_VALUES;
        const bool cut = !g.staged; // a copy would be made for each part
        const int64_t pixels = images * g.cells() * s.pool * s.pool, outputs = padded_filters(s);
        const Split split(pixels, outputs, threads, cut, resident(outputs));
        return static_cast<Status>(shared_out(threads, [&](int32_t t) {
            const Slice cells(images * g.cells(), split.cells, t % split.cells);
            const int64_t place = t / split.cells;
            if (cut)
                return pieces(cells, Slice(blocks * cells.size(), split.filters, place));
            const Slice part(blocks, split.filters, place);
            return share(cells.begin, cells.end, part.begin * BLOCK, last_filter(part.end));
        }));
    }

  private:
    int64_t last_filter(int64_t block) const { return std::min<int64_t>(block * BLOCK, s.filters); }

    // Of the blocks of filters one after the other, each with all of `cells`, those in `part`.
    Status pieces(Slice cells, Slice part) const {
        Status status = OK;
        for (int64_t at = part.begin; at < part.end && status == OK;) {
            const int64_t block = at / cells.size(), from = at % cells.size();
            int64_t next = block + 1, to = cells.size();
            if (part.end < next * to)
                to = part.end - block * cells.size();
            else if (from == 0)
                next = part.end / cells.size();
            status = share(cells.begin + from, cells.begin + to, block * BLOCK, last_filter(next));
            at = to < cells.size() ? part.end : next * cells.size();
        }
        return status;
    }

    // Cells [first, last) of filters [begin, end).
    Status share(int64_t first, int64_t last, int64_t begin, int64_t end) const {
        thread_local Scratch memory;
        const int64_t most = g.most_pixels();
        // the last pair of a run may end behind the copy
        const int64_t copy = (g.staged_size() * sizeof(Value) / sizeof(float) + 32) / 16 * 16;
        const int64_t sums = num_parts > 1 ? (most + GROUP) * BLOCK : 0;
        float *place = memory.floats(copy + sums + 2 * most);
        if (place == nullptr)
            return NO_MEMORY;
        float *partial = place + copy;
        int64_t *at = reinterpret_cast<int64_t *>(partial + sums);
        const Stage<Math> stage(g, v);
        while (first < last) {
            const Chunk chunk = g.chunk(first, last);
            g.pixels(chunk, at);
            const Value *base;
            if (g.staged) {
                stage(chunk, reinterpret_cast<Value *>(place));
                base = reinterpret_cast<const Value *>(place);
            } else {
                base = reinterpret_cast<const Value *>(g.origin(v.x, chunk));
            }
            if (resident(end - begin))
                by_cells(chunk, begin, end, base, at);
            else
                by_filters(chunk, begin, end, base, at, partial);
            first += chunk.count;
        }
        if (streams)
            _mm_sfence();
        return OK;
    }

    // Whether the weights of so many filters stay in the L2 cache as they are.
    bool resident(int64_t filters) const {
        return num_parts == 1 && depth * filters <= RESIDENT_ROWS * BLOCK;
    }

    // In low maps the zeros around are a good part of the work. There a tile is one place of
    // several images: all meet the same rows and columns of the kernel, and no zeros are read.
    bool leaves_zeros_out(const Chunk &chunk) const {
        const bool low = std::max(g.rows, g.columns) <= LOW && g.outside && s.pool == 1;
        const bool whole = chunk.count == chunk.images * g.cells() && chunk.images >= SEVERAL;
        const bool rows = parts[0].last == s.kernel_h && s.kernel_h <= MOST_RUNS; // a run each
        const bool square = s.kernel_h > 1 && s.kernel_w > 1 && s.channels % Math::STEP == 0;
        return low && whole && rows && square;
    }

    // What of a kernel's size, from `from` on by steps of `dilation`, is inside `size`.
    static Slice inside(int64_t from, int64_t dilation, int64_t kernel, int64_t size) {
        Slice found(0, 1, 0);
        found.begin = from < 0 ? std::min(kernel, (dilation - 1 - from) / dilation) : 0;
        const int64_t last = from < size ? (size - 1 - from) / dilation + 1 : 0;
        found.end = std::max(found.begin, std::min(kernel, last));
        return found;
    }

    void by_places(const Chunk &chunk, int64_t begin, int64_t end, const Value *base,
                   const int64_t *at) const {
        Run own[MOST_RUNS];
        Work work = told(0);
        work.runs = own, work.first_run = 0, work.across = g.cells();
        const int64_t depth = s.channels / Math::STEP; // packed rows of a pixel
        for (int64_t filter = begin; filter < end; filter += BLOCK)
            for (int64_t place = 0; place < g.cells(); ++place) {
                const int64_t row = place / g.columns, column = place % g.columns;
                const Slice h = inside(row * s.stride_h - s.pad_top, s.dilation_h, s.kernel_h,
                                       s.in_h);
                const Slice w = inside(column * s.stride_w - s.pad_left, 1, s.kernel_w, s.in_w);
                for (int64_t i = 0; i < h.size(); ++i)
                    own[i] = {runs[h.begin + i].at + w.begin * g.pixel, w.size() * depth,
                              (s.kernel_w - w.size()) * depth};
                work.last_run = h.size();
                aim(work, filter, (h.begin * s.kernel_w + w.begin) * depth);
                for (Turns turn(chunk.images, GROUP); turn.next();) {
                    int64_t pixels[GROUP];
                    for (int64_t i = 0; i < turn.count; ++i)
                        pixels[i] = at[place] + (turn.first + i) * g.image;
                    const int64_t cell = chunk.first + turn.first * g.cells() + place;
                    tile(turn.count, filter)(work, base, pixels, cell, nullptr);
                }
            }
    }

    // A few tiles at a time all filters, so that the result is written in its order.
    void by_cells(const Chunk &chunk, int64_t begin, int64_t end, const Value *base,
                  const int64_t *at) const {
        if (leaves_zeros_out(chunk))
            return by_places(chunk, begin, end, base, at);
        Work work = told(0);
        const int64_t blocks = (end - begin + BLOCK - 1) / BLOCK;
        const int64_t few = tiles_beside_weights(blocks), pixels = s.pool * s.pool;
        Turns rest(chunk.count, group());
        while (rest.left > 0) {
            Turns turn = rest;
            for (int64_t filter = begin; filter < end; filter += BLOCK) {
                aim(work, filter, 0);
                turn = rest;
                for (int64_t i = 0; i < few && turn.next(); ++i) {
                    const Value *x = base + at[turn.first * pixels];
                    if (g.follows())
                        look_ahead(work, x, turn.count, few, (filter - begin) / BLOCK, blocks);
                    tile(turn.count, filter)(work, base, at + turn.first * pixels,
                                             chunk.first + turn.first, nullptr);
                }
            }
            rest = turn;
        }
    }

    // Tiles whose input stays in the L1 cache beside the packed rows of 32 filters, if those of
    // all filters do not; few, so that the result's lines are still written nearly in their order.
    int64_t tiles_beside_weights(int64_t blocks) const {
        constexpr int64_t HALF = 4096; // values of half the cache
        if (depth * blocks * BLOCK <= HALF || depth * BLOCK > HALF)
            return 1;
        return std::clamp<int64_t>(HALF / (depth * GROUP), 1, 4);
    }

    // Has the turn-th part of what comes `few` tiles after these pixels fetched during a tile.
    void look_ahead(Work &work, const Value *x, int64_t pixels, int64_t few, int64_t turn,
                    int64_t turns) const {
        const int64_t bytes = pixels * s.x_row * sizeof(Value);
        const char *next = reinterpret_cast<const char *>(x) + few * bytes;
        work.ahead = next + bytes * turn / turns;
        work.ahead_end = next + bytes * (turn + 1) / turns;
        work.lines = (bytes / turns / 64 + work.last_run) / work.last_run;
    }

    // 32 filters at a time all tiles, so that the filters' weights are read once from afar.
    void by_filters(const Chunk &chunk, int64_t begin, int64_t end, const Value *base,
                    const int64_t *at, float *partial) const {
        for (int64_t filter = begin; filter < end; filter += BLOCK)
            for (int64_t part = 0; part < num_parts; ++part) {
                Work work = told(part);
                aim(work, filter, parts[part].row);
                float *sums = partial;
                for (Turns turn(chunk.count, group()); turn.next(); sums += GROUP * BLOCK)
                    tile(turn.count, filter)(work, base, at + turn.first * s.pool * s.pool,
                                             chunk.first + turn.first, sums);
            }
    }

    // Cells shared out evenly to as few tiles as hold them.
    struct Turns {
        int64_t first = 0, count = 0, each, longer, left;

        Turns(int64_t cells, int64_t most) {
            const int64_t turns = (cells + most - 1) / most;
            each = cells / turns, longer = cells % turns, left = turns;
        }

        bool next() {
            first += count;
            count = each + (longer-- > 0);
            return left-- > 0;
        }
    };

    int64_t group() const { return GROUP / (s.pool * s.pool); } // cells of a tile

    Work told(int64_t part) const {
        const bool begins = part == 0, ends = part == num_parts - 1;
        const Part &p = parts[part];
        return {s, v, Activated(s), runs.get(), p.first, p.last, begins, ends, streams};
    }

    // Points at a block's filters, and at their packed rows from `row` on.
    void aim(Work &work, int64_t filter, int64_t row) const {
        work.weights = v.packed + filter * depth + row * (wide(filter) ? BLOCK : int64_t{LANES});
        work.filter = filter;
    }

    bool wide(int64_t filter) const { return s.filters - filter > LANES; }

    using Function = void (*)(const Work &, const Value *, const int64_t *, int64_t, float *);

    template <int B, size_t... P>
    static constexpr std::array<Function, GROUP> table(std::index_sequence<P...>) {
        return {Tile<Math, static_cast<int>(P) + 1, B>::run...};
    }
    template <int B>
    static constexpr std::array<Function, GROUP> TILES =
        table<B>(std::make_index_sequence<GROUP>());

    Function tile(int64_t cells, int64_t filter) const {
        return (wide(filter) ? TILES<2> : TILES<1>)[cells * s.pool * s.pool - 1];
    }

    const ConvShape &s;
    const ConvValues &v;
    const Geometry g;
    std::unique_ptr<Run[]> runs;
    std::unique_ptr<Part[]> parts;
    int64_t num_parts = 0, depth = 0; // packed rows of a filter
    bool streams = false;
};

} // namespace striate
