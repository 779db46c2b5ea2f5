// Sizes of a step that looks at one place of a map at a time (kernels/shapes.py mirrors it).
#pragma once

#include <cstdint>

namespace striate {

enum Operation : int32_t { COPY = 0, SUM = 1, PRODUCT = 2 };

struct PointShape {
    int32_t pixels, channels; // of an image
    int32_t x_row, y_row;     // floats from one pixel to the next
    int32_t add_row;          // of the second map
    int32_t add_pixels;       // its pixels: as many, or 1 that serves all
    int32_t activation;       // of conv.h or vector_math.h
    float number;             // its cap or slope
};

} // namespace striate
