// Work in nearly equal parts.
#pragma once

#include <cstdint>

namespace striate {

// Slice `index` of `count` of [0, size).
struct Slice {
    int64_t begin, end;
    Slice(int64_t size, int64_t count, int64_t index)
        : begin(size * index / count), end(size * (index + 1) / count) {}
    int64_t size() const { return end - begin; }
};

} // namespace striate
