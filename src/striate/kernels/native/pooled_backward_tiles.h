// Tiles of pooled cells, for the weights' gradient: x around them in the L1 cache, and lists of
// where each filter won.
#pragma once

#include "pooled_backward.h"

namespace striate::pooled {

constexpr int SPARE = 16; // entries that are written behind a list

// How the pooled cells are cut into tiles: parts of an image, or several whole images.
struct Tiles {
    int rows, columns;   // pooled cells of an image
    int down, across;    // tiles of an image
    int height, width;   // most cells of a tile
    int images;          // of a tile

    Tiles(const ConvShape &s, int channels); // so many of x at a time
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

    Tile(const ConvShape &s, const Tiles &t, int64_t num_images, int64_t index);
};

// The part of x that a tile sees, `block` of its channels, with zeros around.
void copy_x(const FiltersJob &job, const Tile &tile, const Block &block, float *to);

// Where lists go. They begin every `capacity` entries: SPARE more than the cells of a tile.
struct ListMemory {
    List *lists;
    int32_t *offsets;
    float *values;
    int64_t capacity;
};

// Lists of the filters of a part in a tile: at which pixels of the copied x each won, and g there;
// their sums are added to `bias` (rounded up to 16 filters). `first` counts lists of the memory.
void build_lists(const FiltersJob &job, const Tile &tile, const Slice &filters, int64_t first,
                 const ListMemory &memory, float *bias);

} // namespace striate::pooled
