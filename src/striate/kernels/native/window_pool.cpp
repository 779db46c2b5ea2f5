// Max-pooling for training, with a ReLU behind it: forward notes in a byte where each result came
// from, so that backward needs neither the map before it nor an index of 8 bytes.
//
// Backward goes over the map that was pooled and sums up, for each of its values, the gradients
// of those windows whose byte names it: so it writes every value once and needs no zeros before.
#include <immintrin.h>

#include <algorithm>

#include "conv.h"
#include "scratch.h"
#include "vectors.h"

extern "C" int32_t direct_conv(const striate::ConvShape *, int64_t, const striate::ConvValues *,
                               int32_t);

namespace striate {
namespace {

constexpr int MOST_PLACES = 255; // of a window
constexpr int SHUT = 255;        // instead of a place: ReLU gave 0

struct Range {
    int from, to;
};

// The places of a window inside the map, along one axis.
Range inside(int place, int stride, int pad, int kernel, int size) {
    const int start = place * stride - pad;
    return {std::max(start, 0), std::min(start + kernel, size)};
}

// The windows that a place is in, along one axis.
Range windows(int place, int stride, int pad, int kernel, int count) {
    const int end = place + pad, start = end - kernel + 1;
    return {start <= 0 ? 0 : (start + stride - 1) / stride, std::min(end / stride + 1, count)};
}

// The largest values of 16 channels and where they stand: the first of equals, the last NaN, as
// torch has it.
void largest(const ConvShape &s, const float *x, Range rows, Range columns, int first,
             __mmask16 in, float *y, uint8_t *code) {
    __m512 best = _mm512_set1_ps(-__builtin_inff());
    __m512i where = _mm512_set1_epi32(first);
    int line = first;
    for (int h = rows.from; h < rows.to; ++h, line += s.kernel_w) {
        const float *value = x + (static_cast<int64_t>(h) * s.in_w + columns.from) * s.x_row;
        for (int w = columns.from; w < columns.to; ++w, value += s.x_row) {
            const __m512 v = _mm512_maskz_loadu_ps(in, value);
            const __mmask16 wins = _mm512_cmp_ps_mask(v, best, _CMP_GT_OQ) |
                                   _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
            best = _mm512_mask_mov_ps(best, wins, v);
            where = _mm512_mask_mov_epi32(where, wins, _mm512_set1_epi32(line + w - columns.from));
        }
    }
    if (s.activation == RELU) {
        const __mmask16 shut = _mm512_cmp_ps_mask(best, _mm512_setzero_ps(), _CMP_LE_OQ);
        best = _mm512_mask_mov_ps(best, shut, _mm512_setzero_ps());
        where = _mm512_mask_mov_epi32(where, shut, _mm512_set1_epi32(SHUT));
    }
    store(y, in, best);
    store_bytes(code, in, _mm512_maskz_cvtepi32_epi8(0xffff, where));
}

void forward_row(const ConvShape &s, const float *x, int row, float *y, uint8_t *code) {
    const Range rows = inside(row, s.stride_h, s.pad_top, s.kernel_h, s.in_h);
    const int above = rows.from - (row * s.stride_h - s.pad_top);
    for (int w = 0; w < s.out_w; ++w, y += s.filters, code += s.filters) {
        const Range columns = inside(w, s.stride_w, s.pad_left, s.kernel_w, s.in_w);
        const int first = above * s.kernel_w + columns.from - (w * s.stride_w - s.pad_left);
        for (int c = 0; c < s.filters; c += LANES)
            largest(s, x + c, rows, columns, first, lanes(s.filters - c), y + c, code + c);
    }
}

// The gradient of a pixel: of its windows' rows and columns those whose byte names it.
void gradient(const ConvShape &s, const uint8_t *code, const float *g, int h, int w, Range rows,
              Range columns, float *dx) {
    for (int c = 0; c < s.filters; c += LANES) {
        const __mmask16 in = lanes(s.filters - c);
        __m512 sum = _mm512_setzero_ps();
        for (int i = rows.from; i < rows.to; ++i)
            for (int j = columns.from; j < columns.to; ++j) {
                const int64_t at = (static_cast<int64_t>(i) * s.out_w + j) * s.filters + c;
                const int place = (h + s.pad_top - i * s.stride_h) * s.kernel_w + w + s.pad_left -
                                  j * s.stride_w;
                const __m128i its = _mm_maskz_loadu_epi8(in, code + at);
                const __mmask16 won = _mm_mask_cmpeq_epi8_mask(
                    in, its, _mm_set1_epi8(static_cast<char>(place)));
                sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(won, g + at));
            }
        store(dx + c, in, sum);
    }
}

bool suitable(const ConvShape &s) {
    return s.channels == s.filters && s.kernel_h * s.kernel_w <= MOST_PLACES && s.pool == 1 &&
           s.dilation_h == 1 && s.dilation_w == 1 && s.activation <= RELU;
}

} // namespace
} // namespace striate

using namespace striate;

// y and code (images, out_h, out_w, filters) without gaps, of x (images, in_h, in_w) with rows of
// x_row: the largest of each window, and the number of its place in it, 255 where ReLU gave 0.
STRIATE_EXPORT int32_t window_pool(const ConvShape *shape, int64_t images, const float *x,
                                   float *y, uint8_t *code, int32_t threads) {
    const ConvShape &s = *shape;
    if (!suitable(s))
        return UNSUITABLE;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t i = 0; i < images * s.out_h; ++i) {
        const int64_t image = i / s.out_h, to = i * s.out_w * s.filters;
        forward_row(s, x + image * s.in_h * s.in_w * s.x_row, static_cast<int>(i % s.out_h),
                    y + to, code + to);
    }
    return OK;
}

// The same of a convolution's result, which is nowhere kept: of an image at a time, in the core's
// L2 cache. `packed` is for `direct_conv`.
STRIATE_EXPORT int32_t window_pool_conv(const ConvShape *conv, const ConvShape *shape,
                                        int64_t images, const float *x, const float *packed,
                                        const float *bias, float *y, uint8_t *code,
                                        int32_t threads) {
    const ConvShape &s = *shape;
    if (!suitable(s))
        return UNSUITABLE;
    const int64_t in = int64_t{conv->in_h} * conv->in_w * conv->x_row;
    const int64_t between = int64_t{s.in_h} * s.in_w * s.channels;
    const int64_t out = int64_t{s.out_h} * s.out_w * s.filters;
    int failed = 0;
    const auto image = [&](int64_t i, int32_t its_threads) {
        thread_local Scratch memory;
        float *map = memory.floats(between);
        if (map == nullptr)
            return static_cast<int32_t>(NO_MEMORY);
        const ConvValues values{x + i * in, nullptr, packed, bias, nullptr, map, nullptr};
        const int32_t status = direct_conv(conv, 1, &values, its_threads);
#pragma omp parallel for num_threads(its_threads) schedule(static) if (its_threads > 1)
        for (int h = 0; h < s.out_h; ++h) {
            const int64_t to = i * out + int64_t{h} * s.out_w * s.filters;
            forward_row(s, map, h, y + to, code + to);
        }
        return status;
    };
    if (images < threads) {
        for (int64_t i = 0; i < images; ++i)
            failed |= image(i, threads);
        return failed;
    }
#pragma omp parallel for num_threads(threads) schedule(static) reduction(| : failed)
    for (int64_t i = 0; i < images; ++i)
        failed |= image(i, 1);
    return failed;
}

// dx (images, in_h, in_w, channels) without gaps, of code and g, the gradient of y.
STRIATE_EXPORT int32_t window_pool_gradient(const ConvShape *shape, int64_t images,
                                            const uint8_t *code, const float *g, float *dx,
                                            int32_t threads) {
    const ConvShape &s = *shape;
    if (!suitable(s))
        return UNSUITABLE;
    const int64_t result = static_cast<int64_t>(s.out_h) * s.out_w * s.filters;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t i = 0; i < images * s.in_h; ++i) {
        const int64_t image = i / s.in_h;
        const int h = static_cast<int>(i % s.in_h);
        const Range rows = windows(h, s.stride_h, s.pad_top, s.kernel_h, s.out_h);
        float *to = dx + i * s.in_w * s.channels;
        for (int w = 0; w < s.in_w; ++w, to += s.channels)
            gradient(s, code + image * result, g + image * result, h, w, rows,
                     windows(w, s.stride_w, s.pad_left, s.kernel_w, s.out_w), to);
    }
    return OK;
}
