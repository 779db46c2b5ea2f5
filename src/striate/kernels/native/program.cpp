// A program: kernels one after the other on values that lie in one piece of memory, without a return
// to Python in between.
//
// Many images are divided: every thread takes its share of them through the whole program, so that
// nobody waits for anybody. A share goes through a phase of the program a chunk at a time: few
// images, so that what one kernel wrote is still in the thread's cache when the next one reads it,
// or many, where a kernel reads more weights than values. Few images go through together: a team of
// threads does every kernel's work, but for kernels with so little that waiting costs more.
#include <algorithm>
#include <chrono>

#include "program.h"
#include "team.h"

using namespace striate;

namespace {

constexpr int64_t WAKING = 100'000; // multiply-adds that take a thread as long as waking another
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

// Threads that wait for each other lose whole slices of time where another process has a core. So
// one goes on alone for a while if several took longer than it would.
constexpr double ALONE_PER_SECOND = 40e9; // multiply-adds that one thread does surely
constexpr double PATIENCE = 1e-3; // seconds that a call may take beyond twice what one alone would
constexpr double PAUSE = 0.5;     // seconds that one thread then works alone

double now() {
    using namespace std::chrono;
    return duration<double>(steady_clock::now().time_since_epoch()).count();
}

int32_t together(Call &call, int32_t threads) {
    const double begin = now();
    if (begin < call.alone_until)
        return through(call, call.memory, 0, call.images, {});
    const int32_t status = as_team(threads, [&](const Member &member) {
        membership = member;
        const int32_t status = through(call, call.memory, 0, call.images, member);
        membership = {};
        return status;
    });
    const double end = now(), alone = call.work * call.images / ALONE_PER_SECOND;
    if (end - begin > 2 * alone + PATIENCE)
        call.alone_until = end + PAUSE;
    return status;
}

} // namespace

STRIATE_EXPORT int32_t program_run(Call *call, int32_t threads) {
    const int64_t images = call->images;
    if (threads == 1 || (call->together && !divides(*call)))
        return through(*call, call->memory, 0, images, {});
    if (call->together)
        return together(*call, threads);
    return shared_out(threads, [&](int32_t thread) {
        const int64_t from = images * thread / threads, to = images * (thread + 1) / threads;
        return through(*call, call->memory + call->thread_size * thread, from, to, {});
    });
}
