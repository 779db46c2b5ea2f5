// One step of an optimizer over all its parameters: each value is read and written once.
//
// A rule is a function of 16 weights, their gradients and their states; the walk over tensors and
// threads is the same for all. The formulas are those of training/optimizers, one file per rule,
// where they stand in their clearest form; the numbers of a rule come in the order given here.
// Every value has one place and one order of operations, so that the result does not depend on
// the number of threads.
#include <immintrin.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "conv.h"

using namespace striate;

namespace {

constexpr int64_t LANES = 16;
// Values that a thread should have: below, waking it costs more than it saves.
constexpr int64_t LEAST = 16384;

using V = __m512;

V all(float x) { return _mm512_set1_ps(x); }
// The forms with a mask, of all ones: g++ 12 warns of an undefined value in the plain ones.
V root(V x) { return _mm512_maskz_sqrt_ps(0xffff, x); }
V moved(V from, V to, float share) { // from + share * (to - from)
    return _mm512_fmadd_ps(all(share), to - from, from);
}
V larger(V x, V y) { // the larger one, NaN if one of them is
    const V found = _mm512_maskz_max_ps(0xffff, x, y); // y where one is NaN
    return _mm512_mask_mov_ps(found, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), x);
}

// numbers: rate
struct Sgd {
    static constexpr int STATES = 0;
    static void step(const float *n, V &p, V g, V *) { p = _mm512_fnmadd_ps(all(n[0]), g, p); }
};

// numbers: rate, momentum; states: velocity
template <bool NESTEROV> struct Momentum {
    static constexpr int STATES = 1;
    static void step(const float *n, V &p, V g, V *s) {
        s[0] = _mm512_fmsub_ps(all(n[1]), s[0], all(n[0]) * g);
        p = NESTEROV ? _mm512_fmadd_ps(all(n[1]), s[0], _mm512_fnmadd_ps(all(n[0]), g, p))
                     : p + s[0];
    }
};

// numbers: rate, momentum, rho, 1 - rho, epsilon; states: mean square + epsilon, then the mean
// gradient (CENTERED), then the velocity (MOMENTUM)
template <bool CENTERED, bool MOMENTUM> struct RmsProp {
    static constexpr int STATES = 1 + CENTERED + MOMENTUM;
    static void step(const float *n, V &p, V g, V *s) {
        s[0] = _mm512_fmadd_ps(all(n[2]), s[0], all(n[3]) * _mm512_fmadd_ps(g, g, all(n[4])));
        V square = s[0];
        if constexpr (CENTERED) {
            s[1] = moved(s[1], g, n[3]);
            square = larger(_mm512_fnmadd_ps(s[1], s[1], square), all(n[4]));
        }
        const V by = all(n[0]) * g / root(square);
        if constexpr (MOMENTUM) {
            s[STATES - 1] = _mm512_fmadd_ps(all(n[1]), s[STATES - 1], by);
            p = p - s[STATES - 1];
        } else {
            p = p - by;
        }
    }
};

// numbers: rate; states: sum of squares + epsilon
struct Adagrad {
    static constexpr int STATES = 1;
    static void step(const float *n, V &p, V g, V *s) {
        s[0] = _mm512_fmadd_ps(g, g, s[0]);
        p = p - all(n[0]) * g / root(s[0]);
    }
};

// numbers: rate, rho, 1 - rho, epsilon; states: mean squares of gradients and of steps + epsilon
struct Adadelta {
    static constexpr int STATES = 2;
    static void step(const float *n, V &p, V g, V *s) {
        s[0] = _mm512_fmadd_ps(all(n[1]), s[0], all(n[2]) * _mm512_fmadd_ps(g, g, all(n[3])));
        const V by = g * root(s[1] / s[0]);
        s[1] = _mm512_fmadd_ps(all(n[1]), s[1], all(n[2]) * _mm512_fmadd_ps(by, by, all(n[3])));
        p = _mm512_fnmadd_ps(all(n[0]), by, p);
    }
};

// numbers: rate with its correction, 1 - beta_1, 1 - beta_2, epsilon; states: mean, mean square,
// largest mean square (AMSGRAD)
template <bool AMSGRAD> struct Adam {
    static constexpr int STATES = 2 + AMSGRAD;
    static void step(const float *n, V &p, V g, V *s) {
        s[0] = moved(s[0], g, n[1]);
        s[1] = _mm512_fmadd_ps(all(n[2]), _mm512_fmsub_ps(g, g, s[1]), s[1]);
        V square = s[1];
        if constexpr (AMSGRAD)
            square = s[2] = larger(s[2], square);
        p = p - all(n[0]) * s[0] / (root(square) + all(n[3]));
    }
};

// numbers: rate with its correction, 1 - beta_1, beta_2, epsilon; states: mean, largest gradient
struct Adamax {
    static constexpr int STATES = 2;
    static void step(const float *n, V &p, V g, V *s) {
        s[0] = moved(s[0], g, n[1]);
        s[1] = larger(all(n[2]) * s[1], _mm512_abs_ps(g));
        p = p - all(n[0]) * s[0] / (s[1] + all(n[3]));
    }
};

// numbers: rate, 1 - beta_1, 1 - beta_2, epsilon (rate and epsilon with their correction), shares
// of the mean and of the gradient; states: mean, mean square
struct Nadam {
    static constexpr int STATES = 2;
    static void step(const float *n, V &p, V g, V *s) {
        s[0] = moved(s[0], g, n[1]);
        s[1] = _mm512_fmadd_ps(all(n[2]), _mm512_fmsub_ps(g, g, s[1]), s[1]);
        const V mean = _mm512_fmadd_ps(all(n[4]), s[0], all(n[5]) * g);
        p = p - all(n[0]) * mean / (root(s[1]) + all(n[3]));
    }
};

// numbers: rate, 1 - beta_1, 1 - beta_2; states: mean
struct Lion {
    static constexpr int STATES = 1;
    static void step(const float *n, V &p, V g, V *s) {
        const V blend = moved(s[0], g, n[1]), zero = _mm512_setzero_ps();
        V by = _mm512_mul_ps(all(n[0]), blend); // 0 and NaN stay what they are
        by = _mm512_mask_mov_ps(by, _mm512_cmp_ps_mask(blend, zero, _CMP_GT_OQ), all(n[0]));
        by = _mm512_mask_mov_ps(by, _mm512_cmp_ps_mask(blend, zero, _CMP_LT_OQ), all(-n[0]));
        p = p - by;
        s[0] = moved(s[0], g, n[2]);
    }
};

// All tensors of a call, column by column; states are slot by slot.
struct Tensors {
    int64_t count;
    float *const *params;
    const float *const *grads;
    float *const *states;
    const int64_t *sizes;
    const float *kept; // what remains of each value before the rule: 1 - weight decay * rate
};

// Values [from, to) of one tensor; `from` is a multiple of 16.
template <class Rule>
void walk(const float *numbers, const Tensors &t, int64_t tensor, int64_t from, int64_t to) {
    float *param = t.params[tensor];
    const float *grad = t.grads[tensor];
    float *state[Rule::STATES + 1];
    for (int i = 0; i < Rule::STATES; ++i)
        state[i] = t.states[i * t.count + tensor];
    const V kept = all(t.kept[tensor]);
    V s[Rule::STATES + 1];
    int64_t at = from;
    for (; at + LANES <= to; at += LANES) {
        for (int i = 0; i < Rule::STATES; ++i)
            s[i] = _mm512_loadu_ps(state[i] + at);
        V p = _mm512_loadu_ps(param + at) * kept;
        Rule::step(numbers, p, _mm512_loadu_ps(grad + at), s);
        for (int i = 0; i < Rule::STATES; ++i)
            _mm512_storeu_ps(state[i] + at, s[i]);
        _mm512_storeu_ps(param + at, p);
    }
    if (at == to)
        return;
    const auto rest = static_cast<__mmask16>((1u << (to - at)) - 1);
    for (int i = 0; i < Rule::STATES; ++i)
        s[i] = _mm512_maskz_loadu_ps(rest, state[i] + at);
    V p = _mm512_maskz_loadu_ps(rest, param + at) * kept;
    Rule::step(numbers, p, _mm512_maskz_loadu_ps(rest, grad + at), s);
    for (int i = 0; i < Rule::STATES; ++i)
        _mm512_mask_storeu_ps(state[i] + at, rest, s[i]);
    _mm512_mask_storeu_ps(param + at, rest, p);
}

// The share of one thread: the values of all tensors in a row are cut into equal stretches, so
// that one big tensor among small ones keeps all threads busy.
template <class Rule>
void share(const float *numbers, const Tensors &t, int64_t first, int64_t last) {
    int64_t begin = 0;
    for (int64_t i = 0; i < t.count && begin < last; begin += t.sizes[i++]) {
        const auto cut = [&](int64_t place) {
            const int64_t inside = std::clamp<int64_t>(place - begin, 0, t.sizes[i]);
            return inside == t.sizes[i] ? inside : inside / LANES * LANES;
        };
        const int64_t from = cut(first), to = cut(last);
        if (from < to)
            walk<Rule>(numbers, t, i, from, to);
    }
}

template <class Rule> void run(const float *numbers, const Tensors &t, int32_t threads) {
    int64_t total = 0;
    for (int64_t i = 0; i < t.count; ++i)
        total += t.sizes[i];
    const int64_t parts = std::clamp<int64_t>(total / LEAST, 1, std::max(threads, 1));
    if (parts == 1)
        return share<Rule>(numbers, t, 0, total);
#pragma omp parallel for schedule(static, 1) num_threads(parts)
    for (int64_t part = 0; part < parts; ++part)
        share<Rule>(numbers, t, total * part / parts, total * (part + 1) / parts);
}

using Run = void (*)(const float *, const Tensors &, int32_t);

// In the order of `RULES` in kernels/optimizer_step.py.
constexpr Run RUNS[] = {
    run<Sgd>,
    run<Momentum<false>>,
    run<Momentum<true>>,
    run<RmsProp<false, false>>,
    run<RmsProp<false, true>>,
    run<RmsProp<true, false>>,
    run<RmsProp<true, true>>,
    run<Adagrad>,
    run<Adadelta>,
    run<Adam<false>>,
    run<Adam<true>>,
    run<Adamax>,
    run<Nadam>,
    run<Lion>,
};

} // namespace

STRIATE_EXPORT int32_t optimizer_step(int32_t rule, const float *numbers, int64_t count,
                                      float *const *params, const float *const *grads,
                                      float *const *states, const int64_t *sizes,
                                      const float *kept, int32_t threads) {
    if (rule < 0 || rule >= static_cast<int32_t>(std::size(RUNS)))
        return UNSUITABLE;
    RUNS[rule](numbers, {count, params, grads, states, sizes, kept}, threads);
    return OK;
}
