// Direct convolution: threads, chunks, filters, parts of the weights and tiles, in that order.
#pragma once

#include <memory>
#include <new>

#include "direct_stage.h"
#include "direct_tile.h"
#include "scratch.h"

namespace striate {

// Filters are packed in blocks of 32; what is left is a block of 16 if it fits there.
inline constexpr int64_t BLOCK = 32;

inline int64_t padded_filters(const ConvShape &s) { return (s.filters + LANES - 1) / LANES * LANES; }

// How threads share the work: `cells` times `filters` of them.
struct Split {
    int64_t cells, filters;

    // Compares what the busiest thread computes, where every pass over weights costs as much as
    // some pixels: few pixels are better shared out by filters.
    Split(int64_t tiles, int64_t blocks, int64_t threads) : cells(threads), filters(1) {
        double least = 0;
        for (int64_t f = 1; f <= threads; ++f) {
            if (threads % f)
                continue;
            const int64_t t = (tiles + threads / f - 1) / (threads / f);
            const double cost = (t + WEIGHTS_COST) * static_cast<double>((blocks + f - 1) / f);
            if (f == 1 || cost < least)
                least = cost, cells = threads / f, filters = f;
        }
    }

  private:
    static constexpr double WEIGHTS_COST = 0.25; // of a block's pass, in tiles
};

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
        for (int64_t i = 0; i < parts[num_parts - 1].last; ++i)
            depth += runs[i].rows;
        const int64_t group = GROUP / (s.pool * s.pool);
        const int64_t tiles = (images * g.cells() + group - 1) / group;
        const Split split(tiles, blocks, threads);
        int failed = 0;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(| : failed)
        for (int t = 0; t < threads; ++t) {
            const int64_t i = t % split.cells, j = t / split.cells;
            const int64_t first = tiles * i / split.cells * group;
            const int64_t last = std::min(tiles * (i + 1) / split.cells * group,
                                          images * g.cells());
            const int64_t begin = blocks * j / split.filters * BLOCK;
            const int64_t end = std::min<int64_t>(blocks * (j + 1) / split.filters * BLOCK,
                                                  s.filters);
            failed |= share(first, last, begin, end);
        }
        return failed ? NO_MEMORY : OK;
    }

  private:
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
            for (int64_t filter = begin; filter < end; filter += BLOCK)
                for (int64_t part = 0; part < num_parts; ++part)
                    tiles(chunk, filter, part, base, at, partial);
            first += chunk.count;
        }
        return OK;
    }

    // A chunk's cells times a part of the weights of 32 filters.
    void tiles(const Chunk &chunk, int64_t filter, int64_t part, const Value *base,
               const int64_t *at, float *partial) const {
        const bool wide = s.filters - filter > LANES;
        const Part &p = parts[part];
        const float *weights =
            v.packed + filter * depth + p.row * (wide ? BLOCK : static_cast<int64_t>(LANES));
        const Work work{s, v, Activated(s), runs.get(), p.first, p.last, weights, filter,
                        part == 0, part == num_parts - 1};
        const int64_t pixels = s.pool * s.pool, group = GROUP / pixels;
        const int64_t count = (chunk.count + group - 1) / group;
        const auto &table = wide ? TILES<2> : TILES<1>;
        for (int64_t i = 0, done = 0; i < count; ++i) {
            const int64_t cells = (chunk.count - done + count - i - 1) / (count - i);
            table[cells * pixels - 1](work, base, at + done * pixels, chunk.first + done,
                                      partial + i * GROUP * BLOCK);
            done += cells;
        }
    }

    using Function = void (*)(const Work &, const Value *, const int64_t *, int64_t, float *);

    template <int B, size_t... P>
    static constexpr std::array<Function, GROUP> table(std::index_sequence<P...>) {
        return {Tile<Math, static_cast<int>(P) + 1, B>::run...};
    }
    template <int B>
    static constexpr std::array<Function, GROUP> TILES =
        table<B>(std::make_index_sequence<GROUP>());

    const ConvShape &s;
    const ConvValues &v;
    const Geometry g;
    std::unique_ptr<Run[]> runs;
    std::unique_ptr<Part[]> parts;
    int64_t num_parts = 0, depth = 0; // packed rows of a filter
};

} // namespace striate
