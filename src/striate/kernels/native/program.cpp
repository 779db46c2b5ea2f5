// A program: kernels one after the other on values that lie in one piece of memory, without a return
// to Python in between.
//
// Many images are divided: every thread takes its share of them through the whole program, so that
// nobody waits for anybody. A share goes through a phase of the program a chunk at a time: few
// images, so that what one kernel wrote is still in the thread's cache when the next one reads it,
// or many, where a kernel reads more weights than values. Few images go through together: a team of
// threads does every kernel's work, but for kernels with so little that waiting costs more.
#include <algorithm>

#include "conv.h"
#include "team.h"

using namespace striate;

namespace {

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

// What a call is told (kernels/program.py mirrors all of these).
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
};

constexpr int64_t WAKING = 400'000; // multiply-adds that take a thread as long as waking another
constexpr int64_t WAITING = 20'000; // and as long as a team waits for all of its members

// A chunk of images: its first one, counted from the first of all and from the first in space 0.
struct Chunk {
    char *memory;
    int64_t first, within, images;
};

void *address(const Call &call, const Phase &phase, const Chunk &chunk, const Place &place) {
    if (place.space < 0)
        return nullptr;
    if (place.space == 0)
        return chunk.memory + place.start * call.capacity + place.size * chunk.within + place.fixed;
    if (place.space == 1)
        return chunk.memory + call.outer_size + place.start * phase.images + place.fixed;
    return call.outside[place.space - 2] + place.size * chunk.first + place.fixed;
}

int32_t run(const Call &call, const Phase &phase, const Chunk &chunk, const Member &member) {
    int32_t worst = OK; // who fails goes on: the others wait for it
    bool alone = false;
    for (int64_t i = phase.from; i < phase.to; ++i) {
        const Step &step = call.steps[i];
        ConvValues values{};
        values.x = static_cast<const float *>(address(call, phase, chunk, step.x));
        values.add = static_cast<const float *>(address(call, phase, chunk, step.add));
        values.y = static_cast<float *>(address(call, phase, chunk, step.y));
        values.packed = step.packed;
        values.bias = step.bias;
        const bool before = alone;
        alone = step.work * chunk.images < WAITING;
        if (member.members > 1 && !(before && alone))
            member.wait();
        if (member.place == 0 || !alone)
            worst = std::max(worst, step.run(step.shape, chunk.images, &values,
                                             alone ? 1 : member.members));
    }
    return worst;
}

// Images [from, to) through all phases, as many at a time as space 0 has room for.
int32_t through(const Call &call, char *memory, int64_t from, int64_t to, const Member &member) {
    int32_t worst = OK;
    for (int64_t first = from; first < to; first += call.capacity) {
        const int64_t images = std::min(call.capacity, to - first);
        for (int64_t i = 0; i < call.count; ++i) {
            const Phase &phase = call.phases[i];
            // pieces of equal size: 33 images in chunks of 32 would be 32 and 1
            const int64_t pieces = (images + phase.images - 1) / phase.images;
            for (int64_t piece = 0; piece < pieces; ++piece) {
                const int64_t start = images * piece / pieces, end = images * (piece + 1) / pieces;
                const Chunk chunk{memory, first + start, start, end - start};
                worst = std::max(worst, run(call, phase, chunk, member));
            }
        }
    }
    return worst;
}

// Whether a team is faster than one thread.
bool divides(const Call &call) {
    int64_t work = 0;
    for (int64_t i = 0; i < call.phases[call.count - 1].to; ++i) {
        const int64_t here = call.steps[i].work * call.images;
        work += here < WAITING ? 0 : here;
    }
    return work >= 2 * WAKING;
}

} // namespace

STRIATE_EXPORT int32_t program_run(const Call *call, int32_t threads) {
    const int64_t images = call->images;
    if (threads == 1 || (call->together && !divides(*call)))
        return through(*call, call->memory, 0, images, {});
    if (call->together)
        return as_team(threads, [&](const Member &member) {
            membership = member;
            const int32_t status = through(*call, call->memory, 0, images, member);
            membership = {};
            return status;
        });
    return shared_out(threads, [&](int32_t thread) {
        const int64_t from = images * thread / threads, to = images * (thread + 1) / threads;
        return through(*call, call->memory + call->thread_size * thread, from, to, {});
    });
}
