// Batch normalisation in training, with the sum and the activation that follow it: two passes over
// memory forward (statistics; result), two backward (two sums per channel; gradients).
//
// Sums: 8 rows are added up in float32, these in float64. The variance is the mean of (x - p)^2
// minus (mean - p)^2, with p the mean of up to 16 rows spread over the batch: near enough to the
// mean that nothing cancels, where the mean is large beside the deviation. Rows are cut into
// pieces whose number depends on the shape alone, and the sums of pieces are added in their order:
// the result does not depend on the number of threads.
//
// The backward pass finds again from x where the activation was open, by the forward pass's own
// arithmetic, so that y is not read; where a map was added, it reads the bits noted forward.
#include "batch_norm.h"

#include <immintrin.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "map_values.h"
#include "scratch.h"

using namespace striate;

namespace {

constexpr int DEEP = 8, SAMPLES = 16;
constexpr int64_t PIECE_ROWS = 64, MOST_PIECES = 32;
constexpr int64_t ALONE = 16384; // values below which a second thread costs more than it saves
// Numbers per channel, and the sums of the pieces; channels are rounded up to whole vectors.
struct Work {
    int64_t pieces;
    int width;                              // channels, rounded up
    float *pivot, *mean, *scale, *shift, *slope, *offset;
    double *sums;                           // (pieces, 2, width)
    double *piece(int64_t i) const { return sums + i * 2 * width; }
};

// Null sums: no memory.
Work prepare(const Norm &n) {
    static thread_local Scratch scratch;
    Work w{};
    w.pieces = std::clamp<int64_t>(n.rows / PIECE_ROWS, 1, MOST_PIECES);
    w.width = (n.channels + LANES - 1) / LANES * LANES;
    const size_t width = w.width;
    float *place = scratch.floats(width * (6 + 4 * w.pieces));
    if (place == nullptr)
        return w;
    float **vectors[] = {&w.pivot, &w.mean, &w.scale, &w.shift, &w.slope, &w.offset};
    for (float **vector : vectors) {
        *vector = place;
        place += width;
    }
    w.sums = reinterpret_cast<double *>(place);
    return w;
}

// body(piece) for every piece, backwards on the way back: what was read last is nearest.
template <class Body>
void each_piece(const Norm &n, const Work &w, int32_t threads, bool backwards, Body body) {
    const auto run = [&](int64_t from, int64_t to) {
        for (int64_t i = from; i < to; ++i)
            body(backwards ? from + to - 1 - i : i);
    };
    // a team of another size than torch's would cost new threads at the next call of torch's
    if (threads <= 1 || n.rows * n.channels < ALONE)
        return run(0, w.pieces);
#pragma omp parallel num_threads(threads)
    {
        const int64_t me = omp_get_thread_num(), team = omp_get_num_threads();
        run(w.pieces * me / team, w.pieces * (me + 1) / team);
    }
}

int64_t first_row(const Norm &n, const Work &w, int64_t piece) { return n.rows * piece / w.pieces; }

// body(channel, lanes) for every vector of channels; the lanes are a constant in all but the last.
template <class Body> inline void each_vector(int channels, Body body) {
    int c = 0;
    for (; c + LANES <= channels; c += LANES)
        body(c, ALL);
    if (c < channels)
        body(c, static_cast<Mask>((1u << (channels - c)) - 1));
}

// body(row, depth) for rows in packs of 8; the depth is a type, so that the packs are unrolled.
template <class Body> inline void each_pack(int64_t from, int64_t to, Body body) {
    int64_t row = from;
    for (; row + DEEP <= to; row += DEEP)
        body(row, std::integral_constant<int, DEEP>{});
    for (; row < to; ++row)
        body(row, std::integral_constant<int, 1>{});
}

void add_wide(double *sum, V v) {
    const __m512d low = _mm512_maskz_cvtps_pd(0xff, _mm512_maskz_extractf32x8_ps(0xff, v, 0));
    const __m512d high = _mm512_maskz_cvtps_pd(0xff, _mm512_maskz_extractf32x8_ps(0xff, v, 1));
    _mm512_storeu_pd(sum, _mm512_loadu_pd(sum) + low);
    _mm512_storeu_pd(sum + 8, _mm512_loadu_pd(sum + 8) + high);
}

// The two sums of a channel over all pieces.
struct Pair {
    double first, second;
};
Pair total(const Work &w, int c) {
    Pair sum{0.0, 0.0};
    for (int64_t i = 0; i < w.pieces; ++i) {
        sum.first += w.piece(i)[c];
        sum.second += w.piece(i)[w.width + c];
    }
    return sum;
}

// y = (x - mean) scale + shift; the rest of the mean is in the shift. Both passes compute the same.
template <class Values> void set_line(const Work &w, const Values &v, int c) {
    w.mean[c] = v.mean[c];
    w.scale[c] = (v.gamma ? v.gamma[c] : 1.0f) * v.inverse[c];
    w.shift[c] = std::fma(-v.rest[c], w.scale[c], v.beta ? v.beta[c] : 0.0f);
}

// Forward -------------------------------------------------------------------------------------

template <class T> void find_pivot(const Norm &n, const Work &w, const T *x) {
    const int64_t samples = std::min<int64_t>(n.rows, SAMPLES);
    const V share = all(1.0f / static_cast<float>(samples));
    std::fill_n(w.pivot, w.width, 0.0f);
    for (int64_t i = 0; i < samples; ++i) {
        const T *row = x + n.rows * i / samples * n.channels;
        each_vector(n.channels, [&](int c, Mask m) {
            const V sum = _mm512_fmadd_ps(share, load(row + c, m), _mm512_loadu_ps(w.pivot + c));
            _mm512_storeu_ps(w.pivot + c, sum);
        });
    }
}

// Sums of x - pivot and of its square. Registers: 2 sums, the pivot, 8 rows in flight.
template <class T>
void sum_piece(const Norm &n, const Work &w, const T *x, int64_t piece) {
    double *sum = w.piece(piece);
    std::fill_n(sum, 2 * w.width, 0.0);
    each_pack(first_row(n, w, piece), first_row(n, w, piece + 1), [&](int64_t row, auto deep) {
        const T *base = x + row * n.channels;
        each_vector(n.channels, [&](int c, Mask m) {
            const V pivot = load(w.pivot + c, m);
            V first = _mm512_setzero_ps(), second = _mm512_setzero_ps();
            for (int r = 0; r < deep; ++r) {
                const V d = load(base + static_cast<int64_t>(r) * n.channels + c, m) - pivot;
                first = first + d;
                second = _mm512_fmadd_ps(d, d, second);
            }
            add_wide(sum + c, first);
            add_wide(sum + w.width + c, second);
        });
    });
}

// The statistics of the batch, and the moving ones.
template <class T>
void finish_statistics(const Norm &n, const Work &w, const NormForward<T> &v) {
    const double rows = static_cast<double>(n.rows);
    for (int c = 0; c < n.channels; ++c) {
        const Pair sum = total(w, c);
        const double off = sum.first / rows, square = sum.second / rows - off * off;
        const double variance = square < 0 ? 0 : square; // a NaN stays one
        const double mean = w.pivot[c] + off, inverse = 1 / std::sqrt(variance + n.epsilon);
        v.mean[c] = static_cast<float>(mean);
        v.inverse[c] = static_cast<float>(inverse);
        v.rest[c] = static_cast<float>(mean - v.mean[c]);
        set_line(w, v, c);
        const float share = 1 - n.momentum;
        v.moving_mean[c] += share * (static_cast<float>(mean) - v.moving_mean[c]);
        v.moving_variance[c] += share * (static_cast<float>(variance) - v.moving_variance[c]);
    }
}

// Where the activation lets a gradient through, as torch has it: relu above 0, and where it is
// not a number; clamp from 0 to the cap, both included.
template <int A> Mask open_at(V z, V number) {
    const V zero = _mm512_setzero_ps();
    if constexpr (A == CAPPED_RELU)
        return _mm512_cmp_ps_mask(z, zero, _CMP_GE_OQ) & _mm512_cmp_ps_mask(z, number, _CMP_LE_OQ);
    return A == LINEAR ? ALL : _mm512_cmp_ps_mask(z, zero, _CMP_NLE_UQ);
}

// A NaN stays one: max and min give their second argument then.
template <int A> V activated(V z, V number) {
    if constexpr (A == LEAKY_RELU)
        return _mm512_mask_mul_ps(z, _mm512_cmp_ps_mask(z, _mm512_setzero_ps(), _CMP_LE_OQ), z, number);
    if constexpr (A == RELU || A == CAPPED_RELU)
        z = _mm512_maskz_max_ps(ALL, _mm512_setzero_ps(), z);
    if constexpr (A == CAPPED_RELU)
        z = _mm512_maskz_min_ps(ALL, number, z);
    return z;
}

// The numbers of 16 channels; the backward pass computes the same bits as the forward pass.
struct Line {
    V mean, scale, shift;
    Line(const Work &w, int c)
        : mean(_mm512_loadu_ps(w.mean + c)), scale(_mm512_loadu_ps(w.scale + c)),
          shift(_mm512_loadu_ps(w.shift + c)) {}
    V at(V x) const { return _mm512_fmadd_ps(x - mean, scale, shift); }
};

template <int A, bool ADD, class T>
void write_piece(const Norm &n, const Work &w, const NormForward<T> &v, int64_t piece) {
    const V number = all(n.number);
    const int64_t words = w.width / LANES;
    each_pack(first_row(n, w, piece), first_row(n, w, piece + 1), [&](int64_t row, auto deep) {
        each_vector(n.channels, [&](int c, Mask m) {
            const Line line(w, c);
            for (int r = 0; r < deep; ++r) {
                const int64_t at = (row + r) * n.channels + c;
                V z = line.at(load(v.x + at, m));
                if constexpr (ADD) {
                    z = z + load(v.add + at, m);
                    if (A != LINEAR && v.open)
                        v.open[(row + r) * words + c / LANES] = open_at<A>(z, number);
                }
                store(v.y + at, m, activated<A>(z, number));
            }
        });
    });
}

// Backward ------------------------------------------------------------------------------------

template <int A> V passed(V g, Mask open, V number) {
    if constexpr (A == LINEAR)
        return g;
    if constexpr (A == LEAKY_RELU)
        return _mm512_mask_mul_ps(g, static_cast<Mask>(~open), g, number);
    return _mm512_maskz_mov_ps(open, g);
}

// The gradient before the activation, of one vector; ADD: by the bits.
template <int A, bool ADD>
V gradient(const Line &line, const uint16_t *open, V x, V g, V number) {
    if constexpr (A == LINEAR)
        return g;
    return passed<A>(g, ADD ? *open : open_at<A>(line.at(x), number), number);
}

// Sums of the gradient and of the gradient times x - mean; writes the gradient of what was added.
// Registers: 2 sums, mean, scale, shift, the number, 8 rows of x and g in flight.
template <int A, bool ADD, class T>
void sum_gradients(const Norm &n, const Work &w, const NormBackward<T> &v, int64_t piece) {
    const V number = all(n.number);
    const int64_t words = w.width / LANES;
    double *sum = w.piece(piece);
    std::fill_n(sum, 2 * w.width, 0.0);
    each_pack(first_row(n, w, piece), first_row(n, w, piece + 1), [&](int64_t row, auto deep) {
        each_vector(n.channels, [&](int c, Mask m) {
            const Line line(w, c);
            const uint16_t *open = v.open + row * words + c / LANES;
            V first = _mm512_setzero_ps(), second = _mm512_setzero_ps();
            for (int r = 0; r < deep; ++r) {
                const int64_t at = (row + r) * n.channels + c;
                const V x = load(v.x + at, m);
                const V g = gradient<A, ADD>(line, open + r * words, x, load(v.g + at, m), number);
                if (ADD && v.dadd)
                    store(v.dadd + at, m, g);
                first = first + g;
                second = _mm512_fmadd_ps(g, x - line.mean, second);
            }
            add_wide(sum + c, first);
            add_wide(sum + w.width + c, second);
        });
    });
}

// dx = scale (g - mean(g) - d inverse^2 mean(g d)) with d = x - mean - rest
template <class T>
void finish_sums(const Norm &n, const Work &w, const NormBackward<T> &v) {
    const double rows = static_cast<double>(n.rows);
    for (int c = 0; c < n.channels; ++c) {
        const Pair sum = total(w, c);
        const double inverse = v.inverse[c], product = sum.second - v.rest[c] * sum.first;
        const double slope = -w.scale[c] * inverse * inverse * product / rows;
        v.dbeta[c] = static_cast<float>(sum.first);
        v.dgamma[c] = static_cast<float>(product * inverse);
        w.slope[c] = static_cast<float>(slope);
        w.offset[c] = static_cast<float>(-w.scale[c] * sum.first / rows - slope * v.rest[c]);
    }
}

template <int A, bool ADD, class T>
void write_gradients(const Norm &n, const Work &w, const NormBackward<T> &v, int64_t piece) {
    const V number = all(n.number);
    const int64_t words = w.width / LANES;
    // by the first pass; bfloat16 was rounded there
    const bool masked = ADD && v.dadd && std::is_same_v<T, float>;
    each_pack(first_row(n, w, piece), first_row(n, w, piece + 1), [&](int64_t row, auto deep) {
        each_vector(n.channels, [&](int c, Mask m) {
            const Line line(w, c);
            const V slope = _mm512_loadu_ps(w.slope + c), offset = _mm512_loadu_ps(w.offset + c);
            const uint16_t *open = v.open + row * words + c / LANES;
            for (int r = 0; r < deep; ++r) {
                const int64_t at = (row + r) * n.channels + c;
                const V x = load(v.x + at, m);
                V g = load((masked ? v.dadd : v.g) + at, m);
                if (!masked)
                    g = gradient<A, ADD>(line, open + r * words, x, g, number);
                const V rest = _mm512_fmadd_ps(x - line.mean, slope, offset);
                store(v.dx + at, m, _mm512_fmadd_ps(line.scale, g, rest));
            }
        });
    });
}

template <int A, bool ADD, class T>
void pass(const Norm &n, const Work &w, const NormForward<T> &v, int32_t threads) {
    find_pivot(n, w, v.x);
    each_piece(n, w, threads, false, [&](int64_t i) { sum_piece(n, w, v.x, i); });
    finish_statistics(n, w, v);
    each_piece(n, w, threads, true, [&](int64_t i) { write_piece<A, ADD>(n, w, v, i); });
}

template <int A, bool ADD, class T>
void pass(const Norm &n, const Work &w, const NormBackward<T> &v, int32_t threads) {
    for (int c = 0; c < n.channels; ++c)
        set_line(w, v, c);
    each_piece(n, w, threads, false, [&](int64_t i) { sum_gradients<A, ADD>(n, w, v, i); });
    finish_sums(n, w, v);
    if (v.dx)
        each_piece(n, w, threads, true, [&](int64_t i) { write_gradients<A, ADD>(n, w, v, i); });
}

// The pass with the activation known when it was compiled.
template <bool ADD, class Values>
void by_activation(const Norm &n, const Work &w, const Values &v, int32_t threads) {
    switch (n.activation) {
    case RELU:
        return pass<RELU, ADD>(n, w, v, threads);
    case CAPPED_RELU:
        return pass<CAPPED_RELU, ADD>(n, w, v, threads);
    case LEAKY_RELU:
        return pass<LEAKY_RELU, ADD>(n, w, v, threads);
    default:
        return pass<LINEAR, ADD>(n, w, v, threads);
    }
}

template <class Values> int32_t run(const Norm &n, const Values &v, bool add, int32_t threads) {
    if (n.rows < 1 || n.channels < 1 || n.activation < LINEAR || n.activation > LEAKY_RELU)
        return UNSUITABLE;
    const Work w = prepare(n);
    if (w.sums == nullptr)
        return NO_MEMORY;
    if (add)
        by_activation<true>(n, w, v, threads);
    else
        by_activation<false>(n, w, v, threads);
    return OK;
}

template <class T> int32_t run_forward(const Norm &n, const void *values, int32_t threads) {
    const auto &v = *static_cast<const NormForward<T> *>(values);
    return run(n, v, v.add != nullptr, threads);
}

template <class T> int32_t run_backward(const Norm &n, const void *values, int32_t threads) {
    const auto &v = *static_cast<const NormBackward<T> *>(values);
    return run(n, v, v.open != nullptr, threads);
}

} // namespace

// `values`: a NormForward of what `half` says.
STRIATE_EXPORT int32_t batch_norm(const Norm *n, const void *values, int32_t threads) {
    return (n->half ? run_forward<Bfloat16> : run_forward<float>)(*n, values, threads);
}

// `values`: a NormBackward of what `half` says.
STRIATE_EXPORT int32_t batch_norm_backward(const Norm *n, const void *values, int32_t threads) {
    return (n->half ? run_backward<Bfloat16> : run_backward<float>)(*n, values, threads);
}
