// Threads that do a piece of work together, and wait for each other without the system's help.
#pragma once

#include <immintrin.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "conv.h"

namespace striate {

// What the members of a team share.
struct Team {
    alignas(64) std::atomic<int32_t> arrived{0};
    alignas(64) std::atomic<int32_t> round{0};
    void *place = nullptr; // memory that all may use, as they agree on

    // Until all are here. A kernel's share takes microseconds, less than a way through the system;
    // but a member may have lost its core, so nobody keeps one for long without work.
    void wait(int32_t members) {
        if (members == 1)
            return;
        const int32_t now = round.load(std::memory_order_relaxed);
        if (arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == members) {
            arrived.store(0, std::memory_order_relaxed);
            round.store(now + 1, std::memory_order_release);
            return;
        }
        for (int turns = 0; round.load(std::memory_order_acquire) == now; ++turns) {
            if (turns < PATIENT_TURNS)
                _mm_pause();
            else
                std::this_thread::yield();
        }
    }

  private:
    static constexpr int PATIENT_TURNS = 5000; // some 100 microseconds
};

struct Member {
    Team *team = nullptr;
    int32_t place = 0, members = 1;

    void wait() const { team->wait(members); }
};

// The team that this thread runs a program with, if any.
inline thread_local Member membership;

// work(member) on so many threads, whose worst Status is returned: on those of the team that all
// call this, each for itself, or on new ones.
template <class Work> int32_t as_team(int32_t threads, const Work &work) {
    if (threads > 1 && membership.team)
        return work(membership);
    Team team;
    if (threads == 1)
        return work(Member{&team, 0, 1});
    int32_t worst = OK;
#pragma omp parallel num_threads(threads) reduction(max : worst)
    worst = work(Member{&team, omp_get_thread_num(), omp_get_num_threads()});
    return worst;
}

// work(0) to work(shares - 1), a share for each thread.
template <class Work> int32_t shared_out(int32_t shares, const Work &work) {
    return as_team(shares, [&](const Member &member) {
        int32_t worst = OK;
        for (int32_t share = member.place; share < shares; share += member.members)
            worst = std::max<int32_t>(worst, work(share));
        return worst;
    });
}

} // namespace striate
