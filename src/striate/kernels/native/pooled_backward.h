// The backward of convolution + bias + max-pooling of 2x2 (+ ReLU), from the pooled gradient and
// the codes of the winners alone.
//
// Of four convolution results one at most has a gradient: no dense gradient is ever written. Both
// gradients are sums over the winners, and add runs of kernel_w * channels neighbouring floats:
//
//   dkernel[o][kh][run] += g * x[pixel + kh rows][run]      for each winner of filter o
//   dx[pixel + kh rows][run] += g * kernel[o][kh][run]      for each filter that won at the pixel
//
// So there is one inner kernel: a list of (offset, g) says which runs of `source` are added,
// g-fold, to a run of `target` that stays in registers.
#pragma once

#include <immintrin.h>

#include <cstring>

#include "conv.h"
#include "slice.h"

namespace striate::pooled {

struct List {
    int64_t first;  // of its entries
    int32_t count;
    int32_t target; // floats from Runs::target
};

// Work for the inner kernel: `count` lists, whose runs are rows of whole vectors of 16 floats.
struct Runs {
    const List *lists;
    int64_t count;
    const int32_t *offsets; // entries: where in source, in units
    const float *values;    //          what it is multiplied with
    int64_t unit;           // floats
    const float *source;
    float *target;
    int64_t source_row, target_row; // floats from one row of a run to the next
};

// Adds all lists of `runs`; the rows and vectors are split so that a part stays in registers.
void add_runs(const Runs &runs, int rows, int vectors);

// Channels are taken in blocks of whole vectors, or all at once where they are fewer than a vector.
struct Block {
    int first, used; // channels
    int width;       // floats from one pixel to the next
    int vectors;     // of kernel_w pixels
};

int num_blocks(const ConvShape &s, int width);
Block block(const ConvShape &s, int width, int index); // so wide, but for the last
constexpr int MOST_VECTORS = 8; // of a run, that one pass takes
constexpr int SLACK = 16 * MOST_VECTORS; // floats that may be read and written behind a run

bool suitable(const ConvShape &s);

// 16 codes, as many of them as there are before `end`. (A load that masks bytes takes more than a
// hundred cycles on Zen 4.)
inline __m128i load_codes(const uint8_t *code, const uint8_t *end) {
    if (end - code >= 16)
        return _mm_loadu_si128(reinterpret_cast<const __m128i *>(code));
    alignas(16) uint8_t few[16] = {};
    std::memcpy(few, code, end - code);
    return _mm_load_si128(reinterpret_cast<const __m128i *>(few));
}

// The gradient of the weights and the bias of `images` images.
struct FiltersJob {
    const ConvShape &s;
    int64_t images;
    const float *x;
    const uint8_t *code;
    const float *g;
    float *dkernel, *dbias;

    const uint8_t *codes_end() const {
        return code + images * (s.out_h / 2) * (s.out_w / 2) * s.filters;
    }
};

// Whether it is done as pooled_backward_quads.cpp does it.
bool few_taps(const ConvShape &s);
int32_t filters_by_quads(const FiltersJob &job, int threads);

} // namespace striate::pooled
