// The gradients of a depthwise convolution: of its input for any strides, and of its weights.
//
// Maps are floats or bfloat16, as `half` says; sums, weights and their gradients are floats. 16
// channels at a time. The gradient of the weights holds its sums of a row in registers, one per
// place of a window of 3x3 or 5x5, while the window slides; other windows take their places one
// after the other.
#include <algorithm>

#include "conv.h"
#include "map_values.h"
#include "scratch.h"
#include "slice.h"
#include "team.h"

using namespace striate;

namespace {

thread_local Scratch sums_memory;

// ---- the input -------------------------------------------------------------------------------

// Pixel (h, w) of the input's gradient of an image: what it gave to each result comes back.
template <class T>
void give_back(const ConvShape &s, const float *weights, const T *g, T *dx, int h, int w) {
    struct Tap {
        const T *g;
        const float *weights;
    };
    constexpr int MOST = 64; // places at a time
    Tap taps[MOST];
    int count = 0;
    const auto pass = [&](bool adds) {
        for (int c = 0; c < s.channels; c += LANES) {
            const int left = s.channels - c;
            const Mask in = left >= LANES ? ALL : static_cast<Mask>((1u << left) - 1);
            V sum = adds ? load(dx + c, in) : _mm512_setzero_ps();
            for (int i = 0; i < count; ++i)
                sum = _mm512_fmadd_ps(load(taps[i].g + c, in), load(taps[i].weights + c, in), sum);
            store(dx + c, in, sum);
        }
        count = 0;
    };
    bool adds = false;
    for (int kh = 0; kh < s.kernel_h; ++kh) {
        const int down = h + s.pad_top - kh * s.dilation_h, row = down / s.stride_h;
        if (down < 0 || down % s.stride_h || row >= s.out_h)
            continue;
        for (int kw = 0; kw < s.kernel_w; ++kw) {
            const int right = w + s.pad_left - kw * s.dilation_w, column = right / s.stride_w;
            if (right < 0 || right % s.stride_w || column >= s.out_w)
                continue;
            if (count == MOST) {
                pass(adds);
                adds = true;
            }
            taps[count++] = {g + (static_cast<ptrdiff_t>(row) * s.out_w + column) * s.y_row,
                             weights + static_cast<ptrdiff_t>(kh * s.kernel_w + kw) * s.channels};
        }
    }
    pass(adds);
}

template <class T>
int32_t data(const ConvShape &s, int64_t images, const float *weights, const T *g, T *dx,
             int32_t threads) {
    return shared_out(threads, [&](int32_t t) {
        const Slice lines(images * s.in_h, threads, t);
        for (int64_t line = lines.begin; line < lines.end; ++line) {
            const T *image = g + line / s.in_h * s.out_h * s.out_w * s.y_row;
            T *row = dx + line * s.in_w * s.x_row;
            for (int w = 0; w < s.in_w; ++w)
                give_back(s, weights, image, row + static_cast<ptrdiff_t>(w) * s.x_row,
                          static_cast<int>(line % s.in_h), w);
        }
        return OK;
    });
}

// ---- the weights -----------------------------------------------------------------------------

// A row of results of an image, at the first of 16 channels.
template <class T> struct Line {
    const ConvShape &s;
    const T *x; // the image
    const T *g; // the row
    int h;
    Mask in;
    float *sums; // (places, channels), then the bias's

    // Row `kh` of the window in the image; null outside.
    const T *row(int kh) const {
        const int at = h * s.stride_h - s.pad_top + kh * s.dilation_h;
        const bool inside = at >= 0 && at < s.in_h;
        return inside ? x + static_cast<ptrdiff_t>(at) * s.in_w * s.x_row : nullptr;
    }
    void add(int place, V sum) const {
        float *total = sums + static_cast<ptrdiff_t>(place) * s.channels;
        store(total, in, _mm512_add_ps(load(total, in), sum));
    }
};

// A K x K window with strides S. Registers for K = 3: 9 sums, 9 of x, the gradient, the bias's.
template <int K, int S, class T> void add_row(const Line<T> &line) {
    const ConvShape &s = line.s;
    V sum[K][K], x[K][K], total = _mm512_setzero_ps();
    const T *rows[K];
#pragma GCC unroll 8
    for (int i = 0; i < K; ++i) {
        rows[i] = line.row(i);
#pragma GCC unroll 8
        for (int j = 0; j < K; ++j)
            sum[i][j] = x[i][j] = _mm512_setzero_ps();
    }
    const auto column = [&](int at, int j) {
        const bool inside = at >= 0 && at < s.in_w;
#pragma GCC unroll 8
        for (int i = 0; i < K; ++i)
            x[i][j] = inside && rows[i] ? load(rows[i] + static_cast<ptrdiff_t>(at) * s.x_row, line.in)
                                        : _mm512_setzero_ps();
    };
#pragma GCC unroll 8
    for (int j = S; j < K; ++j)
        column(j - S - s.pad_left, j); // the next step moves it S to the left
    const T *g = line.g;
    for (int w = 0; w < s.out_w; ++w, g += s.y_row) {
#pragma GCC unroll 8
        for (int i = 0; i < K; ++i)
#pragma GCC unroll 8
            for (int j = 0; j + S < K; ++j)
                x[i][j] = x[i][j + S];
#pragma GCC unroll 8
        for (int j = K - S; j < K; ++j)
            column(w * S - s.pad_left + j, j);
        const V value = load(g, line.in);
        total = _mm512_add_ps(total, value);
#pragma GCC unroll 8
        for (int i = 0; i < K; ++i)
#pragma GCC unroll 8
            for (int j = 0; j < K; ++j)
                sum[i][j] = _mm512_fmadd_ps(value, x[i][j], sum[i][j]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < K; ++i)
#pragma GCC unroll 8
        for (int j = 0; j < K; ++j)
            line.add(i * K + j, sum[i][j]);
    line.add(K * K, total);
}

template <class T> void add_plain_row(const Line<T> &line) {
    const ConvShape &s = line.s;
    for (int kh = 0; kh < s.kernel_h; ++kh) {
        const T *row = line.row(kh);
        for (int kw = 0; kw < s.kernel_w && row; ++kw) {
            V sum = _mm512_setzero_ps();
            for (int w = 0; w < s.out_w; ++w) {
                const int at = w * s.stride_w - s.pad_left + kw * s.dilation_w;
                if (at >= 0 && at < s.in_w)
                    sum = _mm512_fmadd_ps(
                        load(line.g + static_cast<ptrdiff_t>(w) * s.y_row, line.in),
                        load(row + static_cast<ptrdiff_t>(at) * s.x_row, line.in), sum);
            }
            line.add(kh * s.kernel_w + kw, sum);
        }
    }
    V total = _mm512_setzero_ps();
    for (int w = 0; w < s.out_w; ++w)
        total = _mm512_add_ps(total, load(line.g + static_cast<ptrdiff_t>(w) * s.y_row, line.in));
    line.add(s.kernel_h * s.kernel_w, total);
}

template <class T> auto row_function(const ConvShape &s) {
    const bool square = s.kernel_h == s.kernel_w && s.stride_h == s.stride_w;
    const bool close = square && s.dilation_h == 1 && s.dilation_w == 1 && s.stride_w <= 2;
    if (close && s.kernel_w == 3)
        return s.stride_w == 1 ? add_row<3, 1, T> : add_row<3, 2, T>;
    if (close && s.kernel_w == 5)
        return s.stride_w == 1 ? add_row<5, 1, T> : add_row<5, 2, T>;
    return add_plain_row<T>;
}

// Each thread adds up some rows of all channels; then the sums of the threads are added.
template <class T>
int32_t filters(const ConvShape &s, int64_t images, const T *x, const T *g, float *dweights,
                float *dbias, int32_t threads) {
    const int64_t places = s.kernel_h * s.kernel_w, size = (places + 1) * s.channels;
    float *all = sums_memory.floats(size * threads);
    if (all == nullptr)
        return NO_MEMORY;
    std::fill_n(all, size * threads, 0.0f);
    const auto add = row_function<T>(s);
    const int32_t status = shared_out(threads, [&](int32_t t) {
        const Slice lines(images * s.out_h, threads, t);
        for (int64_t line = lines.begin; line < lines.end; ++line)
            for (int c = 0; c < s.channels; c += LANES) {
                const int left = s.channels - c;
                const Mask in = left >= LANES ? ALL : static_cast<Mask>((1u << left) - 1);
                add({s, x + line / s.out_h * s.in_h * s.in_w * s.x_row + c,
                     g + line * s.out_w * s.y_row + c, static_cast<int>(line % s.out_h), in,
                     all + t * size + c});
            }
        return OK;
    });
    for (int32_t t = 1; t < threads; ++t)
        for (int64_t i = 0; i < size; ++i)
            all[i] += all[t * size + i];
    std::copy_n(all, places * s.channels, dweights);
    std::copy_n(all + places * s.channels, s.channels, dbias);
    return status;
}

} // namespace

// dx (images, in_h, in_w, channels) from g (images, out_h, out_w, channels) and weights (kernel_h,
// kernel_w, channels).
STRIATE_EXPORT int32_t depthwise_data(const ConvShape *s, int64_t images, const float *weights,
                                      const void *g, void *dx, int32_t threads) {
    if (s->half)
        return data(*s, images, weights, static_cast<const Bfloat16 *>(g),
                    static_cast<Bfloat16 *>(dx), threads);
    return data(*s, images, weights, static_cast<const float *>(g), static_cast<float *>(dx),
                threads);
}

// dweights (kernel_h, kernel_w, channels) and dbias (channels) from x and g.
STRIATE_EXPORT int32_t depthwise_filters(const ConvShape *s, int64_t images, const void *x,
                                         const void *g, float *dweights, float *dbias,
                                         int32_t threads) {
    if (s->half)
        return filters(*s, images, static_cast<const Bfloat16 *>(x),
                       static_cast<const Bfloat16 *>(g), dweights, dbias, threads);
    return filters(*s, images, static_cast<const float *>(x), static_cast<const float *>(g),
                   dweights, dbias, threads);
}
