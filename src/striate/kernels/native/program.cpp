// A program: kernels one after the other on values that lie in one piece of memory, the arena,
// without a return to Python in between.
//
// Many images are divided: every thread takes its share of them through the whole program, a chunk
// at a time, so that what one kernel wrote is still in the thread's cache when the next one reads
// it, and nobody waits for anybody. Few images go through together: every kernel uses all threads.
#include <algorithm>

#include "conv.h"

using namespace striate;

namespace {

using Kernel = int32_t(const void *shape, int64_t images, const ConvValues *, int32_t threads);

// Where a value lies. Bytes of `per_image` times an image's number, then `fixed` on.
struct Place {
    int64_t per_image, fixed;
    int64_t space; // -1: there is no value; 0: the arena; above: 1 + the number of what is outside
};

struct Step {
    Kernel *run;
    const void *shape;
    const float *packed, *bias;
    Place x, add, y;
};

// What a call is told (kernels/program.py mirrors Place, Step and Call).
struct Call {
    const Step *steps;
    char *const *outside; // first bytes of the inputs and results
    char *arena;          // for `chunk` images per thread, each of `arena_size` bytes
    int64_t arena_size, count, images, chunk;
    int64_t together; // whether all threads work on each kernel
};

// `capacity` images have room in the arena: it says where the values lie in it.
struct Chunk {
    char *arena;
    int64_t capacity, first, images;
};

void *address(const Call &call, const Chunk &chunk, const Place &place) {
    if (place.space < 0)
        return nullptr;
    if (place.space == 0)
        return chunk.arena + place.per_image * chunk.capacity + place.fixed;
    return call.outside[place.space - 1] + place.per_image * chunk.first + place.fixed;
}

int32_t through(const Call &call, const Chunk &chunk, int32_t threads) {
    for (int64_t i = 0; i < call.count; ++i) {
        const Step &step = call.steps[i];
        ConvValues values{};
        values.x = static_cast<const float *>(address(call, chunk, step.x));
        values.add = static_cast<const float *>(address(call, chunk, step.add));
        values.y = static_cast<float *>(address(call, chunk, step.y));
        values.packed = step.packed;
        values.bias = step.bias;
        const int32_t status = step.run(step.shape, chunk.images, &values, threads);
        if (status != OK)
            return status;
    }
    return OK;
}

int32_t share(const Call &call, int thread, int threads) {
    const int64_t from = call.images * thread / threads, to = call.images * (thread + 1) / threads;
    // pieces of equal size: 33 images in chunks of 32 would be 32 and 1
    const int64_t pieces = (to - from + call.chunk - 1) / call.chunk;
    char *arena = call.arena + call.arena_size * call.chunk * thread;
    for (int64_t piece = 0; piece < pieces; ++piece) {
        const int64_t first = from + (to - from) * piece / pieces;
        const int64_t last = from + (to - from) * (piece + 1) / pieces;
        const int32_t status = through(call, {arena, call.chunk, first, last - first}, 1);
        if (status != OK)
            return status;
    }
    return OK;
}

} // namespace

STRIATE_EXPORT int32_t program_run(const Call *call, int32_t threads) {
    if (!call->together) {
        int32_t worst = OK;
#pragma omp parallel for num_threads(threads) schedule(static, 1) reduction(max : worst)
        for (int32_t thread = 0; thread < threads; ++thread)
            worst = std::max(worst, share(*call, thread, threads));
        return worst;
    }
    for (int64_t first = 0; first < call->images; first += call->chunk) {
        const int64_t images = std::min(call->chunk, call->images - first);
        const int32_t status = through(*call, {call->arena, call->chunk, first, images}, threads);
        if (status != OK)
            return status;
    }
    return OK;
}
