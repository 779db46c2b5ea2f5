// Depthwise convolution: every channel has a window of weights of its own; bias and activation.
//
// ConvShape with channels = filters. `packed` is (kernel_h, kernel_w, channels), as the layer's
// kernel lies. 16 channels at a time, whose weights stay in registers: a square window of 3 or 5
// slides along a row, or along two at a time, and loads every value once. Zeros around the image
// are left out, not added.
#include <algorithm>

#include "conv.h"
#include "slice.h"
#include "team.h"
#include "vector_math.h"
#include "vectors.h"

using namespace striate;

namespace {

template <class T> struct Part { // 16 channels of an image, of floats or bfloat16
    const ConvShape &s;
    const Activated &clip;
    bool clips;          // whether that is the whole activation
    const T *x;          // the image, at the first channel
    const float *packed; // at the first channel
    T *y;                // the result, at the first channel
    __m512 bias;
    __mmask16 in;

    T *row(int h) const { return y + static_cast<ptrdiff_t>(h) * s.out_w * s.y_row; }
};

// Activations that take more than a few registers have a row of sums for themselves.
template <class T> void activate(const Part<T> &p, T *y) {
    for (int w = 0; w < p.s.out_w; ++w, y += p.s.y_row)
        store(y, p.in, activated(p.s.activation, p.s.number, load(y, p.in)));
}

// A row of any window: one result after the other.
template <class T> void plain_row(const Part<T> &p, int h) {
    const ConvShape &s = p.s;
    T *y = p.row(h);
    for (int w = 0; w < s.out_w; ++w, y += s.y_row) {
        __m512 sum = p.bias;
        for (int kh = 0; kh < s.kernel_h; ++kh) {
            const int row = h * s.stride_h - s.pad_top + kh * s.dilation_h;
            if (row < 0 || row >= s.in_h)
                continue;
            for (int kw = 0; kw < s.kernel_w; ++kw) {
                const int column = w * s.stride_w - s.pad_left + kw * s.dilation_w;
                if (column < 0 || column >= s.in_w)
                    continue;
                const size_t at = (static_cast<size_t>(row) * s.in_w + column) * s.x_row;
                const size_t tap = static_cast<size_t>(kh * s.kernel_w + kw) * s.channels;
                sum = _mm512_fmadd_ps(load(p.x + at, p.in), load(p.packed + tap, p.in), sum);
            }
        }
        store(y, p.in, p.clips ? p.clip.clipped(sum) : sum);
    }
    if (!p.clips)
        activate(p, p.row(h));
}

// Rows [h, h + ROWS) of a K x K window with stride S. The newest of the results in progress meets
// the window's first column, the oldest its last, and is done then. Registers for K = 3, S = 1,
// ROWS = 2: 9 weights, 2 x 3 sums, a value, the bias, two for the activation; K = 5: 25 + 5 + 1,
// the others in memory.
template <int K, int S, int ROWS, bool WHOLE, class T> void slide(const Part<T> &p, int h) {
    constexpr int DEEP = K + (ROWS - 1) * S, LAG = (K - 1) / S;
    const ConvShape &s = p.s;
    const Mask in = WHOLE ? ALL : p.in;
    __m512 weights[K][K], sum[ROWS][LAG + 1];
#pragma GCC unroll 8
    for (int kh = 0; kh < K; ++kh)
#pragma GCC unroll 8
        for (int kw = 0; kw < K; ++kw)
            weights[kh][kw] = load(p.packed + static_cast<ptrdiff_t>(kh * K + kw) * s.channels, in);
#pragma GCC unroll 2
    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 8
        for (int k = 0; k <= LAG; ++k)
            sum[r][k] = p.bias;
    const int top = h * S - s.pad_top, first = std::max(0, -top), last = s.in_h - top;
    const ptrdiff_t line = static_cast<ptrdiff_t>(s.in_w) * s.x_row;
    const T *x = p.x + top * line - static_cast<ptrdiff_t>(s.pad_left) * s.x_row;
    const ptrdiff_t down = static_cast<ptrdiff_t>(s.out_w) * s.y_row;
    T *y = p.row(h) - static_cast<ptrdiff_t>(LAG) * s.y_row;
    // Steps of S columns: in those of [inside, outside) all are in the image and a result is done.
    const int inside = std::max(LAG, (s.pad_left + S - 1) / S);
    const int outside = (s.in_w + s.pad_left) / S;
    for (int o = 0; o < s.out_w + LAG; ++o, x += S * s.x_row, y += s.y_row) {
        const bool checked = o < inside || o >= outside;
#pragma GCC unroll 2
        for (int c = 0; c < S; ++c) {
            const int column = o * S + c - s.pad_left;
            if (!checked || (column >= 0 && column < s.in_w)) {
#pragma GCC unroll 8
                for (int j = 0; j < DEEP; ++j) {
                    if (j < first || j >= last)
                        continue;
                    const __m512 value = load(x + j * line + c * s.x_row, in);
#pragma GCC unroll 2
                    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 8
                        for (int k = 0; k * S + c < K; ++k)
                            if (j - r * S >= 0 && j - r * S < K)
                                sum[r][k] = _mm512_fmadd_ps(value, weights[j - r * S][k * S + c],
                                                            sum[r][k]);
                }
            }
            if (c == 0 && o >= LAG)
#pragma GCC unroll 2
                for (int r = 0; r < ROWS; ++r) {
                    const __m512 done = p.clips ? p.clip.clipped(sum[r][LAG]) : sum[r][LAG];
                    store(y + r * down, in, done);
                }
        }
#pragma GCC unroll 2
        for (int r = 0; r < ROWS; ++r) {
#pragma GCC unroll 8
            for (int k = LAG; k > 0; --k)
                sum[r][k] = sum[r][k - 1];
            sum[r][0] = p.bias;
        }
    }
    if (!p.clips)
        for (int r = 0; r < ROWS; ++r)
            activate(p, p.row(h + r));
}

template <int K, int S, bool WHOLE, class T> void rows(const Part<T> &p, int h, int end) {
    if constexpr (K == 3 && S == 1)
        for (; h + 2 <= end; h += 2)
            slide<K, S, 2, WHOLE>(p, h);
    for (; h < end; ++h)
        slide<K, S, 1, WHOLE>(p, h);
}

template <bool WHOLE, class T> void rows(const Part<T> &p, int h, int end) {
    const ConvShape &s = p.s;
    const bool square = s.kernel_h == s.kernel_w && s.stride_h == s.stride_w;
    const bool close = s.dilation_h == 1 && s.dilation_w == 1 && s.pad_left < s.kernel_w;
    if (square && close && s.pad_left >= 0 && s.kernel_w == 3 && s.stride_w <= 2)
        s.stride_w == 1 ? rows<3, 1, WHOLE>(p, h, end) : rows<3, 2, WHOLE>(p, h, end);
    else if (square && close && s.pad_left >= 0 && s.kernel_w == 5 && s.stride_w <= 2)
        s.stride_w == 1 ? rows<5, 1, WHOLE>(p, h, end) : rows<5, 2, WHOLE>(p, h, end);
    else
        for (; h < end; ++h)
            plain_row(p, h);
}

// Rows [first, last) of the results of all images, of the blocks [begin, end) of 16 channels.
template <class T>
void share(const ConvShape &s, const ConvValues &v, Slice lines, Slice blocks) {
    const T *x = reinterpret_cast<const T *>(v.x);
    T *y = reinterpret_cast<T *>(v.y);
    const Activated clip(s);
    const bool clips = s.activation <= CAPPED_RELU;
    for (int64_t line = lines.begin; line < lines.end;) {
        const int64_t image = line / s.out_h, next = std::min(lines.end, (image + 1) * s.out_h);
        const int from = static_cast<int>(line - image * s.out_h);
        const int to = static_cast<int>(next - image * s.out_h);
        for (int64_t block = blocks.begin; block < blocks.end; ++block) {
            const int64_t c = block * LANES;
            const __mmask16 in = lanes(s.channels - c);
            const __m512 bias = _mm512_maskz_loadu_ps(v.bias ? in : 0, v.bias + c);
            const Part<T> part{s, clip, clips, x + image * s.in_h * s.in_w * s.x_row + c,
                               v.packed + c, y + image * s.out_h * s.out_w * s.y_row + c, bias, in};
            in == ALL ? rows<true>(part, from, to) : rows<false>(part, from, to);
        }
        line = next;
    }
}

} // namespace

STRIATE_EXPORT size_t depthwise_conv_packed_size(const ConvShape *s) {
    const bool does = s->channels == s->filters && s->pool == 1;
    return does ? static_cast<size_t>(s->kernel_h) * s->kernel_w * s->channels : 0;
}

// Many rows are split among the threads, few are not: then the blocks of channels are.
STRIATE_EXPORT int32_t depthwise_conv(const ConvShape *shape, int64_t images, const ConvValues *v,
                                      int32_t threads) {
    const ConvShape &s = *shape;
    if (depthwise_conv_packed_size(shape) == 0 || v->add || v->mask)
        return UNSUITABLE;
    const int64_t lines = images * s.out_h, blocks = (s.channels + LANES - 1) / LANES;
    const bool by_rows = lines >= 4 * threads || blocks < 2 * threads;
    return shared_out(threads, [&](int32_t t) {
        const int32_t rows = by_rows ? threads : 1, channels = by_rows ? 1 : threads;
        const auto part = s.half ? share<Bfloat16> : share<float>;
        part(s, *v, Slice(lines, rows, t % rows), Slice(blocks, channels, t % channels));
        return OK;
    });
}
