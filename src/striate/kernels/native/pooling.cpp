// The largest value or the mean of each window of a map, windows of any size and stride; padding
// never wins and does not count. A window as large as the map makes the global poolings.
//
// ConvShape with channels = filters; `activation` is applied to the result.
#include <algorithm>

#include "conv.h"
#include "slice.h"
#include "team.h"
#include "vector_math.h"

using namespace striate;

namespace {

struct Range {
    int from, to;
};

// The places of a window inside the map, along one axis.
Range inside(int place, int stride, int pad, int kernel, int size) {
    const int start = place * stride - pad;
    return {std::max(start, 0), std::min(start + kernel, size)};
}

// One result, `N` times 16 channels of it: N accumulators, one value and one mask.
template <bool MEAN, int N>
void window(const ConvShape &s, const float *x, Range rows, Range columns, __mmask16 last,
            float *y) {
    Vector sum[N];
    const float *start = x + (static_cast<size_t>(rows.from) * s.in_w + columns.from) * s.x_row;
#pragma GCC unroll 4
    for (int i = 0; i < N; ++i)
        sum[i] = MEAN ? _mm512_setzero_ps()
                      : _mm512_maskz_loadu_ps(i + 1 < N ? 0xffff : last, start + 16 * i);
    for (int h = rows.from; h < rows.to; ++h)
        for (int w = columns.from; w < columns.to; ++w) {
            const float *pixel = x + (static_cast<size_t>(h) * s.in_w + w) * s.x_row;
#pragma GCC unroll 4
            for (int i = 0; i < N; ++i) {
                const Vector v = _mm512_maskz_loadu_ps(i + 1 < N ? 0xffff : last, pixel + 16 * i);
                sum[i] = MEAN ? _mm512_add_ps(sum[i], v) : larger(sum[i], v);
            }
        }
    const Vector count = of(static_cast<float>((rows.to - rows.from) * (columns.to - columns.from)));
#pragma GCC unroll 4
    for (int i = 0; i < N; ++i) {
        const Vector found = MEAN ? _mm512_div_ps(sum[i], count) : sum[i];
        _mm512_mask_storeu_ps(y + 16 * i, i + 1 < N ? 0xffff : last,
                              activated(s.activation, s.number, found));
    }
}

template <bool MEAN>
void row(const ConvShape &s, const float *x, int row, int first, float *y) {
    const int channels = std::min(64, s.filters - first), vectors = (channels + 15) / 16;
    const __mmask16 last = first_lanes(channels - 16 * (vectors - 1));
    const Range rows = inside(row, s.stride_h, s.pad_top, s.kernel_h, s.in_h);
    for (int w = 0; w < s.out_w; ++w) {
        const Range columns = inside(w, s.stride_w, s.pad_left, s.kernel_w, s.in_w);
        float *place = y + static_cast<size_t>(w) * s.y_row + first;
        if (vectors == 4)
            window<MEAN, 4>(s, x + first, rows, columns, last, place);
        else if (vectors == 3)
            window<MEAN, 3>(s, x + first, rows, columns, last, place);
        else if (vectors == 2)
            window<MEAN, 2>(s, x + first, rows, columns, last, place);
        else
            window<MEAN, 1>(s, x + first, rows, columns, last, place);
    }
}

// Work is split by images, rows of the result and blocks of 64 channels.
template <bool MEAN>
int32_t pool(const ConvShape &s, int64_t images, const ConvValues &v, int32_t threads) {
    const int blocks = (s.filters + 63) / 64;
    return shared_out(threads, [&](int32_t t) {
        const Slice items(images * s.out_h * blocks, threads, t);
        for (int64_t i = items.begin; i < items.end; ++i) {
            const int64_t image = i / (s.out_h * blocks);
            const int rest = static_cast<int>(i % (s.out_h * blocks));
            const int h = rest / blocks, first = rest % blocks * 64;
            const float *x = v.x + image * s.in_h * s.in_w * s.x_row;
            float *y = v.y + (image * s.out_h + h) * s.out_w * s.y_row;
            row<MEAN>(s, x, h, first, y);
        }
        return OK;
    });
}

} // namespace

STRIATE_EXPORT int32_t max_pool(const ConvShape *s, int64_t images, const ConvValues *v,
                                int32_t threads) {
    return pool<false>(*s, images, *v, threads);
}

STRIATE_EXPORT int32_t average_pool(const ConvShape *s, int64_t images, const ConvValues *v,
                                    int32_t threads) {
    return pool<true>(*s, images, *v, threads);
}
