// Where a direct convolution finds its pixels, and in which pieces it works.
//
// A cell is a pixel of the block's result: one pixel of the convolution, or the four that a
// pooling joins. Cells are numbered through (image, row, column), so that the ends of rows and
// images cost nothing. A chunk is a run of cells whose input stays in the L2 cache while the
// filters pass over it. The input is read where it lies, or, where zeros must surround it or a
// mask or a rounding must be applied, from a copy ("staged").
#pragma once

#include <algorithm>
#include <cstdint>

#include "conv.h"

namespace striate {

inline constexpr int64_t GROUP = 12;          // pixels of the convolution at a time
inline constexpr int64_t PART_ROWS = 2048;    // packed rows of 32 filters: 256 KB of 1 MB of L2
inline constexpr int64_t FETCH_ROWS = 64;     // between two fetches of what comes next
inline constexpr int64_t CHUNK_VALUES = 65536; // of input, likewise
inline constexpr int64_t CHUNK_PIXELS = 1536;

// Values of the input that lie side by side and meet packed rows that lie side by side.
struct Run {
    int64_t at;   // from the pixel's first value
    int64_t rows; // packed rows: they meet a value each, in bfloat16 two
    int64_t skipped = 0; // packed rows up to the next run's
};

// Runs [first, last), which meet the packed rows from `row` on.
struct Part {
    int64_t first, last, row;
};

struct Chunk {
    int64_t first, count; // cells
    int64_t image, row;   // those of its pixels' origin
    int64_t images, rows; // whole images, or so many rows of cells of one
};

struct Geometry {
    const ConvShape &s;
    int step;                   // values that a packed row meets
    bool outside, staged;       // some pixels meet zeros; it reads a copy
    int64_t rows, columns;      // of cells, in an image
    int64_t skip_h, skip_w;     // the copy takes each so many-th row and column: no other is read
    int64_t stride_h, stride_w; // in the rows and columns of what the kernel reads
    int64_t need_w;             // columns of it that the cells need, zeros included
    int64_t pixel, line, image; // values from one to the next, in what the kernel reads

    Geometry(const ConvShape &shape, bool copied, int values_per_row)
        : s(shape), step(values_per_row) {
        rows = s.out_h / s.pool, columns = s.out_w / s.pool;
        skip_h = skip_w = 1, stride_h = s.stride_h, stride_w = s.stride_w;
        outside = s.pad_top > 0 || s.pad_left > 0 || needed_w() - s.pad_left > s.in_w ||
                  need_h(rows) - s.pad_top > s.in_h;
        staged = copied || outside;
        if (staged && s.kernel_h == 1)
            std::swap(skip_h, stride_h);
        if (staged && s.kernel_w == 1)
            std::swap(skip_w, stride_w);
        need_w = needed_w();
        pixel = staged ? s.channels : s.x_row;
        line = (staged ? need_w : s.in_w) * pixel;
        image = (staged ? need_h(rows) : s.in_h) * line;
    }

    int64_t needed_w() const {
        return (columns * s.pool - 1) * stride_w + (s.kernel_w - 1) * s.dilation_w + 1;
    }

    int64_t cells() const { return rows * columns; }

    // Rows of what the kernel reads that so many rows of cells need.
    int64_t need_h(int64_t cell_rows) const {
        return (cell_rows * s.pool - 1) * stride_h + (s.kernel_h - 1) * s.dilation_h + 1;
    }

    // Whether a tile's input is all new and lies behind the one before: it can be fetched ahead.
    bool follows() const {
        return !staged && s.kernel_h * s.kernel_w == 1 && s.stride_h * s.stride_w == 1;
    }

    int64_t most_rows() const { return follows() ? FETCH_ROWS : PART_ROWS; } // of a run

    int64_t max_runs() const {
        const int64_t taps = static_cast<int64_t>(s.kernel_h) * s.kernel_w;
        return taps + taps * s.channels / (step * most_rows()) + 1;
    }

    // Calls each(at, values) for the runs of a pixel, in the order of the weights, uncut.
    template <class Each> void all_runs(Each each) const {
        int64_t at = 0, end = 0;
        for (int h = 0; h < s.kernel_h; ++h)
            for (int w = 0; w < s.kernel_w; ++w) {
                const int64_t tap = h * s.dilation_h * line + w * s.dilation_w * pixel;
                if (tap != end) {
                    each(at, end - at);
                    at = tap;
                }
                end = tap + s.channels;
            }
        each(at, end - at);
    }

    // Packed rows of a filter.
    int64_t depth() const {
        int64_t found = 0;
        all_runs([&](int64_t, int64_t values) { found += (values + step - 1) / step; });
        return found;
    }

    // Fills in the runs of a pixel, cut where a part of the weights would leave no room in the
    // L2 cache; returns the number of parts.
    int64_t parts(Run *run, Part *part) const {
        int64_t runs = 0, count = 0, row = 0, size = 0;
        all_runs([&](int64_t at, int64_t values) {
            for (int64_t left = (values + step - 1) / step; left > 0;) {
                const int64_t now = std::min(left, most_rows());
                if (count == 0 || size + now > PART_ROWS)
                    part[count++] = {runs, runs, row}, size = 0;
                run[runs++] = {at, now};
                part[count - 1].last = runs;
                size += now, row += now, at += now * step, left -= now;
            }
        });
        return count;
    }

    // The cells from `first` on, at most up to `limit`, that are worked on at a time.
    Chunk chunk(int64_t first, int64_t limit) const {
        const int64_t pool = s.pool, pixels = pool * pool, n = first / cells();
        if (!staged) {
            const int64_t taken = std::min<int64_t>(s.kernel_h, s.stride_h) *
                                  std::min<int64_t>(s.kernel_w, s.stride_w);
            int64_t fit = CHUNK_VALUES / (taken * s.channels) / GROUP * GROUP;
            fit = std::clamp(fit, 4 * GROUP, CHUNK_PIXELS) / pixels;
            return {first, std::min(fit, limit - first), n, 0, 0, 0};
        }
        const int64_t fitting = std::min(CHUNK_VALUES / image, CHUNK_PIXELS / pixels / cells());
        const int64_t whole = std::max(fitting, least_images());
        const int64_t images = std::min((limit - first) / cells(), whole);
        if (first % cells() == 0 && images > 0)
            return {first, images * cells(), n, 0, images, rows};
        const int64_t row = first % cells() / columns;
        const int64_t last = std::min(limit, (n + 1) * cells());
        const int64_t left = (last + columns - 1) / columns - n * rows - row;
        int64_t fit = (CHUNK_VALUES / line - need_h(1)) / (pool * stride_h) + 1;
        fit = std::max<int64_t>(1, std::min(fit, CHUNK_PIXELS / pixels / columns));
        const int64_t turns = (left + fit - 1) / fit, now = (left + turns - 1) / turns;
        const int64_t end = std::min(last, (n * rows + row + now) * columns);
        return {first, end - first, n, row, 1, now};
    }

    // Images that are copied at once even if they are large: a few tiles should share the weights
    // that are read for them, and no rows be copied twice for little.
    int64_t least_images() const {
        const int64_t pixels = s.pool * s.pool * cells();
        if (pixels < 4 * GROUP)
            return (4 * GROUP + pixels - 1) / pixels;
        return image <= 2 * CHUNK_VALUES && pixels <= CHUNK_PIXELS;
    }

    // Values that the copy of any chunk takes.
    int64_t staged_size() const {
        if (!staged)
            return 0;
        return std::max({CHUNK_VALUES, need_h(1) * line, least_images() * image});
    }

    // Pixels that any chunk has at most.
    int64_t most_pixels() const { return std::max(CHUNK_PIXELS, columns * s.pool * s.pool); }

    // Where the pixels of a chunk begin, from its origin: one a cell, or its four.
    void pixels(const Chunk &chunk, int64_t *at) const {
        const int64_t right = stride_w * pixel, down = stride_h * line;
        int64_t row = chunk.first / columns - chunk.image * rows, column = chunk.first % columns;
        int64_t n = 0, start = (row - chunk.row) * s.pool * down;
        for (int64_t i = 0; i < chunk.count; ++i) {
            const int64_t here = start + column * s.pool * right;
            *at++ = here;
            if (s.pool == 2) {
                *at++ = here + right;
                *at++ = here + down;
                *at++ = here + down + right;
            }
            if (++column < columns)
                continue;
            column = 0;
            if (++row == rows)
                row = 0, ++n;
            start = n * image + (row - chunk.row) * s.pool * down;
        }
    }

    // Where the first pixel of an unstaged chunk's first image begins.
    const float *origin(const float *x, const Chunk &chunk) const {
        return x + chunk.image * image - s.pad_top * line - s.pad_left * pixel;
    }
};

} // namespace striate
