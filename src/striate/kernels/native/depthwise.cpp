// Depthwise convolution: every channel has a window of weights of its own; bias and activation.
//
// ConvShape with channels = filters. `packed` is (kernel_h, kernel_w, channels), as the layer's
// kernel lies. 16 channels at a time: the weights of a small window stay in registers.
#include <algorithm>

#include "conv.h"
#include "vector_math.h"

using namespace striate;

namespace {

struct Row { // of the result, 16 channels of it
    const ConvShape &s;
    const float *x;      // the image, at the first channel
    const float *packed; // at the first channel
    float *y;            // the row, at the first channel
    Vector bias;
    __mmask16 lanes;
    int top; // row of the image that the window's first row falls on
};

// One result at any place: taps outside the image are left out.
void anywhere(const Row &r, int column) {
    const ConvShape &s = r.s;
    Vector sum = r.bias;
    for (int kh = 0; kh < s.kernel_h; ++kh) {
        const int h = r.top + kh * s.dilation_h;
        if (h < 0 || h >= s.in_h)
            continue;
        for (int kw = 0; kw < s.kernel_w; ++kw) {
            const int w = column * s.stride_w - s.pad_left + kw * s.dilation_w;
            if (w < 0 || w >= s.in_w)
                continue;
            const size_t at = (static_cast<size_t>(h) * s.in_w + w) * s.x_row;
            const size_t tap = static_cast<size_t>(kh * s.kernel_w + kw) * s.channels;
            sum = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(r.lanes, r.x + at),
                                  _mm512_maskz_loadu_ps(r.lanes, r.packed + tap), sum);
        }
    }
    _mm512_mask_storeu_ps(r.y + static_cast<size_t>(column) * s.y_row, r.lanes,
                          activated(s.activation, s.number, sum));
}

// Columns [from, to) whose windows lie inside the image's width, with H rows of the window inside.
// Registers for 3x3: 9 weights, 4 sums, 1 value, the bias.
template <int H, int W, int STRIDE>
void within(const Row &r, int first_row, int from, int to) {
    const ConvShape &s = r.s;
    Vector weights[H][W];
#pragma GCC unroll 8
    for (int kh = 0; kh < H; ++kh)
#pragma GCC unroll 8
        for (int kw = 0; kw < W; ++kw)
            weights[kh][kw] = _mm512_maskz_loadu_ps(
                r.lanes, r.packed + static_cast<size_t>((first_row + kh) * W + kw) * s.channels);
    const size_t line = static_cast<size_t>(s.in_w) * s.x_row;
    const float *x = r.x + static_cast<size_t>(r.top + first_row) * line;
    const auto load = [&](const float *place) { return _mm512_maskz_loadu_ps(r.lanes, place); };
    const auto store = [&](int column, Vector sum) {
        _mm512_mask_storeu_ps(r.y + static_cast<size_t>(column) * s.y_row, r.lanes,
                              activated(s.activation, s.number, sum));
    };
    constexpr int MANY = H * W <= 9 ? 4 : 2;
    int column = from;
    for (; column + MANY <= to; column += MANY) {
        Vector sum[MANY];
        const float *place = x + static_cast<ptrdiff_t>(column * STRIDE - s.pad_left) * s.x_row;
#pragma GCC unroll 4
        for (int i = 0; i < MANY; ++i)
            sum[i] = r.bias;
#pragma GCC unroll 8
        for (int kh = 0; kh < H; ++kh)
#pragma GCC unroll 8
            for (int kw = 0; kw < W; ++kw)
#pragma GCC unroll 4
                for (int i = 0; i < MANY; ++i) {
                    const ptrdiff_t at = static_cast<ptrdiff_t>(kw + i * STRIDE) * s.x_row;
                    sum[i] = _mm512_fmadd_ps(load(place + kh * line + at), weights[kh][kw], sum[i]);
                }
#pragma GCC unroll 4
        for (int i = 0; i < MANY; ++i)
            store(column + i, sum[i]);
    }
    for (; column < to; ++column) {
        Vector sum = r.bias;
        const float *place = x + static_cast<ptrdiff_t>(column * STRIDE - s.pad_left) * s.x_row;
#pragma GCC unroll 8
        for (int kh = 0; kh < H; ++kh)
#pragma GCC unroll 8
            for (int kw = 0; kw < W; ++kw)
                sum = _mm512_fmadd_ps(load(place + kh * line + static_cast<size_t>(kw) * s.x_row),
                                      weights[kh][kw], sum);
        store(column, sum);
    }
}

template <int K, int STRIDE> void square(const Row &r, int from, int to) {
    const int before = std::max(0, -r.top);
    const int rows = std::min(K, r.s.in_h - r.top) - before;
    if (rows == K)
        within<K, K, STRIDE>(r, 0, from, to);
    else if (rows == K - 1)
        within<K - 1, K, STRIDE>(r, before, from, to);
    else if (rows == K - 2)
        within<K - 2, K, STRIDE>(r, before, from, to);
    else
        for (int column = from; column < to; ++column)
            anywhere(r, column);
}

void filled(const Row &r) {
    const ConvShape &s = r.s;
    const bool even = s.kernel_h == s.kernel_w && s.stride_h == s.stride_w;
    const bool close = s.dilation_h == 1 && s.dilation_w == 1;
    int from = 0, to = 0; // columns whose windows lie inside
    if (even && close && s.stride_w <= 2 && (s.kernel_w == 3 || s.kernel_w == 5)) {
        from = std::min(s.out_w, (s.pad_left + s.stride_w - 1) / s.stride_w);
        const int room = s.in_w + s.pad_left - s.kernel_w; // the last place of a window
        to = room < 0 ? from : std::max(from, std::min(s.out_w, room / s.stride_w + 1));
    }
    for (int column = 0; column < from; ++column)
        anywhere(r, column);
    if (to > from) {
        if (s.kernel_w == 3)
            s.stride_w == 1 ? square<3, 1>(r, from, to) : square<3, 2>(r, from, to);
        else
            s.stride_w == 1 ? square<5, 1>(r, from, to) : square<5, 2>(r, from, to);
    }
    for (int column = to; column < s.out_w; ++column)
        anywhere(r, column);
}

} // namespace

STRIATE_EXPORT size_t depthwise_conv_packed_size(const ConvShape *s) {
    const bool does = s->channels == s->filters && s->pool == 1;
    return does ? static_cast<size_t>(s->kernel_h) * s->kernel_w * s->channels : 0;
}

// Work is split by images, rows of the result and blocks of 16 channels.
STRIATE_EXPORT int32_t depthwise_conv(const ConvShape *shape, int64_t images, const ConvValues *v,
                                      int32_t threads) {
    const ConvShape &s = *shape;
    if (depthwise_conv_packed_size(shape) == 0 || v->add || v->mask)
        return UNSUITABLE;
    const int blocks = (s.channels + 15) / 16;
    const int64_t items = images * s.out_h * blocks;
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int64_t i = 0; i < items; ++i) {
        const int64_t line = i / blocks, image = line / s.out_h;
        const int h = static_cast<int>(line % s.out_h), first = static_cast<int>(i % blocks) * 16;
        const __mmask16 lanes = first_lanes(s.channels - first);
        const Vector bias =
            v->bias ? _mm512_maskz_loadu_ps(lanes, v->bias + first) : _mm512_setzero_ps();
        const float *x = v->x + image * s.in_h * s.in_w * s.x_row + first;
        float *y = v->y + line * s.out_w * s.y_row + first;
        filled({s, x, v->packed + first, y, bias, lanes, h * s.stride_h - s.pad_top});
    }
    return OK;
}
