// What a program is told; kernels/form.py and kernels/program.py mirror all of these.
#pragma once

#include "conv.h"

namespace striate {

using Kernel = int32_t(const void *shape, int64_t images, const ConvValues *, int32_t threads);

// Where a value lies. Spaces: 0 holds the values that live across phases, of all images of a share;
// 1 those that live inside a phase, of the images of a chunk; from 2 on, inputs and results.
struct Place {
    int64_t start; // bytes before it, times the images that its space has room for
    int64_t size;  // bytes from one image to the next
    int64_t fixed; // bytes before its first channel
    int64_t space; // -1: there is no value
};

struct Step {
    Kernel *run;
    const void *shape;
    const float *packed, *bias;
    Place x, add, y;
    int64_t work; // multiply-adds of an image, or so
};

struct Phase {
    int64_t from, to; // its steps
    int64_t images;   // of a chunk
};

// What a call is told.
struct Call {
    const Step *steps;
    const Phase *phases;
    char *const *outside; // first bytes of the inputs and results
    char *memory;         // `thread_size` bytes for each thread: space 0, then space 1
    int64_t count;        // of phases
    int64_t images;
    int64_t capacity; // images that space 0 has room for
    int64_t outer_size, thread_size;
    int64_t together; // whether all threads work on each kernel
    int64_t work;     // multiply-adds of an image, or so
    double alone_until; // one thread works alone till then, by a clock that begins anywhere
};

} // namespace striate

STRIATE_EXPORT int32_t program_run(striate::Call *call, int32_t threads);
