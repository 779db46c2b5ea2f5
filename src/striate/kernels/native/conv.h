// What every convolution kernel is told: the sizes of a block and the places of its values.
//
// A block is a convolution with what follows it: bias, a sum with another map, max-pooling of
// 2x2, an activation. Maps are NHWC, of floats, or of bfloat16 where a kernel knows them. The same
// two structs serve every kernel, so that the plan picks one by its name and the others stay as they
// are (kernels/shapes.py mirrors them).
#pragma once

#include <cstddef>
#include <cstdint>

namespace striate {

enum Activation : int32_t {
    LINEAR = 0,
    RELU = 1,        // max(x, 0)
    CAPPED_RELU = 2, // min(max(x, 0), number)
    LEAKY_RELU = 3,  // x > 0 ? x : number x
};

// Results of every exported function; C++ never throws over the border and never aborts.
enum Status : int32_t {
    OK = 0,
    NO_MEMORY = 1,   // scratch could not be had
    UNSUITABLE = 2,  // the kernel does not do this shape
};

// The sizes of a block, fixed when a plan is made.
struct ConvShape {
    int32_t channels, filters;        // of x, of y
    int32_t in_h, in_w, out_h, out_w; // of x, of the convolution's result before pooling
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left;        // zeros before; those behind follow from the sizes
    int32_t pool;                     // 1: none; 2: the largest of 2x2, stride 2, rest cut off
    int32_t activation;               // Activation
    float number;                     // its cap or slope
    int32_t x_row, y_row;             // values from one pixel to the next, in x and in y
    int32_t images;                   // of a usual call, for the choice of a kernel; 0: many
    int32_t half;                     // x, mask, add and y are bfloat16; weights and bias are not
};

// The places of a block's values, for one call on `images` images; floats, but where `half` says
// otherwise.
struct ConvValues {
    const float *x;      // (images, in_h, in_w, channels)
    const float *mask;   // as x, or null: x counts as 0 where mask <= 0 (gradients behind a ReLU)
    const float *packed; // weights as the kernel's own pack function laid them out
    const float *bias;   // (filters), or null
    const float *add;    // as y before pooling with rows of y_row, or null; added before activation
    float *y;            // (images, out_h / pool, out_w / pool, filters)
    uint8_t *code;       // as y without gaps, or null; with pool 2: which of the four won (0-3,
                         // rows first, the first of equals), 4 where RELU gives 0
};

} // namespace striate

// Every forward kernel K exports three functions:
//   size_t  K_packed_size(const ConvShape *)                 floats of the packed weights; 0: unsuitable
//   int32_t K_pack(const ConvShape *, const float *weights, int32_t turned, float *packed, int32_t threads)
//   int32_t K(const ConvShape *, int64_t images, const ConvValues *, int32_t threads)
//
// `weights` are (filters, kernel_h, kernel_w, channels), the order in which a layer's kernel lies
// in memory. With `turned` they are those of the layer whose input gradient is wanted,
// (channels, kernel_h, kernel_w, filters) in the words of this shape, and are turned by half a turn:
// the gradient of a stride-1 convolution is the convolution with the turned kernel.
#define STRIATE_EXPORT extern "C" __attribute__((visibility("default")))
