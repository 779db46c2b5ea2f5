// Steps that look at one place of a map at a time: activations, sums and products of two maps, a
// factor and an offset per channel, copies into a wider map, softmax over the channels.
#include <algorithm>
#include <cmath>

#include "conv.h"
#include "pointwise.h"
#include "slice.h"
#include "team.h"
#include "vector_math.h"

using namespace striate;

namespace {

template <class Function>
void each_pixel(const PointShape &s, int64_t images, int32_t threads, const Function &function) {
    shared_out(threads, [&](int32_t t) {
        const Slice part(images * s.pixels, threads, t);
        for (int64_t pixel = part.begin; pixel < part.end; ++pixel)
            function(pixel);
        return OK;
    });
}

template <class Function>
void each_vector(const PointShape &s, const Function &function) {
    for (int c = 0; c < s.channels; c += 16)
        function(c, first_lanes(s.channels - c));
}

// y = activation(x op add), op one of sum, product, largest, or nothing.
template <int OPERATION> void pixel(const PointShape &s, const float *x, const float *add, float *y) {
    each_vector(s, [&](int c, __mmask16 lanes) {
        Vector value = _mm512_maskz_loadu_ps(lanes, x + c);
        if (OPERATION != COPY) {
            const Vector other = _mm512_maskz_loadu_ps(lanes, add + c);
            if (OPERATION == SUM)
                value = _mm512_add_ps(value, other);
            if (OPERATION == PRODUCT)
                value = _mm512_mul_ps(value, other);
        }
        _mm512_mask_storeu_ps(y + c, lanes, activated(s.activation, s.number, value));
    });
}

template <int OPERATION>
int32_t every(const PointShape &s, int64_t images, const ConvValues &v, int32_t threads) {
    each_pixel(s, images, threads, [&](int64_t i) {
        const float *add = v.add;
        if (OPERATION != COPY)
            add += (s.add_pixels == s.pixels ? i : i / s.pixels) * s.add_row;
        pixel<OPERATION>(s, v.x + i * s.x_row, add, v.y + i * s.y_row);
    });
    return OK;
}

void softmax_of(const PointShape &s, const float *x, float *y) {
    Vector most = of(-INFINITY), sum = _mm512_setzero_ps();
    each_vector(s, [&](int c, __mmask16 lanes) {
        most = larger(most, _mm512_mask_loadu_ps(of(-INFINITY), lanes, x + c));
    });
    // no number in any lane shows in the sum
    const Vector top = of(_mm512_reduce_max_ps(most));
    each_vector(s, [&](int c, __mmask16 lanes) {
        const Vector e = exponential(_mm512_sub_ps(_mm512_maskz_loadu_ps(lanes, x + c), top));
        sum = _mm512_mask_add_ps(sum, lanes, sum, e);
        _mm512_mask_storeu_ps(y + c, lanes, e);
    });
    const Vector share = of(1.0f / _mm512_reduce_add_ps(sum));
    each_vector(s, [&](int c, __mmask16 lanes) {
        const Vector e = _mm512_maskz_loadu_ps(lanes, y + c);
        _mm512_mask_storeu_ps(y + c, lanes, _mm512_mul_ps(e, share));
    });
}

// Maps without gaps are one long row of vectors; a short row per pixel would be mostly a mask.
PointShape flattened(const PointShape &s, int operation) {
    const bool dense = s.x_row == s.channels && s.y_row == s.channels;
    const bool alike = operation == COPY || (s.add_row == s.channels && s.add_pixels == s.pixels);
    if (!dense || !alike)
        return s;
    PointShape whole = s;
    const int values = s.pixels * s.channels, pieces = values > 4096 ? (values + 4095) / 4096 : 1;
    if (values % pieces)
        return s;
    whole.pixels = whole.add_pixels = pieces;
    whole.channels = whole.x_row = whole.y_row = whole.add_row = values / pieces;
    return whole;
}

} // namespace

STRIATE_EXPORT int32_t copy_map(const PointShape *s, int64_t n, const ConvValues *v, int32_t threads) {
    return every<COPY>(flattened(*s, COPY), n, *v, threads);
}

STRIATE_EXPORT int32_t add_maps(const PointShape *s, int64_t n, const ConvValues *v, int32_t threads) {
    return every<SUM>(flattened(*s, SUM), n, *v, threads);
}

STRIATE_EXPORT int32_t multiply_maps(const PointShape *s, int64_t n, const ConvValues *v,
                                     int32_t threads) {
    return every<PRODUCT>(flattened(*s, PRODUCT), n, *v, threads);
}

STRIATE_EXPORT int32_t scale_map(const PointShape *s, int64_t n, const ConvValues *v, int32_t threads) {
    each_pixel(*s, n, threads, [&](int64_t i) {
        const float *x = v->x + i * s->x_row;
        float *y = v->y + i * s->y_row;
        each_vector(*s, [&](int c, __mmask16 lanes) {
            const Vector factor = _mm512_maskz_loadu_ps(lanes, v->packed + c);
            const Vector offset = _mm512_maskz_loadu_ps(lanes, v->bias + c);
            const Vector value = _mm512_maskz_loadu_ps(lanes, x + c);
            const Vector scaled = _mm512_fmadd_ps(value, factor, offset);
            _mm512_mask_storeu_ps(y + c, lanes, activated(s->activation, s->number, scaled));
        });
    });
    return OK;
}

STRIATE_EXPORT int32_t softmax_map(const PointShape *s, int64_t n, const ConvValues *v,
                                   int32_t threads) {
    each_pixel(*s, n, threads, [&](int64_t i) {
        softmax_of(*s, v->x + i * s->x_row, v->y + i * s->y_row);
    });
    return OK;
}
