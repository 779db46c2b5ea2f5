// The block from its definition, one value at a time: what the fast kernels are compared with.
#include <algorithm>
#include <cmath>

#include "conv.h"
#include "slice.h"
#include "team.h"

using namespace striate;

namespace {

float activated(const ConvShape &s, float v) {
    switch (s.activation) {
    case RELU:
        return v <= 0 ? 0 : v; // a NaN stays one
    case CAPPED_RELU:
        return v <= 0 ? 0 : v > s.number ? s.number : v;
    case LEAKY_RELU:
        return v > 0 ? v : s.number * v;
    default:
        return v;
    }
}

// One value of the convolution with its bias and the map that is added.
float value(const ConvShape &s, const ConvValues &v, int64_t image, int row, int column, int o) {
    const size_t taps = static_cast<size_t>(s.kernel_h) * s.kernel_w;
    double sum = v.bias ? v.bias[o] : 0.0;
    for (int kh = 0; kh < s.kernel_h; ++kh) {
        const int h = row * s.stride_h + kh * s.dilation_h - s.pad_top;
        for (int kw = 0; kw < s.kernel_w; ++kw) {
            const int w = column * s.stride_w + kw * s.dilation_w - s.pad_left;
            if (h < 0 || h >= s.in_h || w < 0 || w >= s.in_w)
                continue;
            const size_t at = ((image * s.in_h + h) * s.in_w + w) * static_cast<size_t>(s.x_row);
            const float *k = v.packed + (o * taps + kh * s.kernel_w + kw) * s.channels;
            for (int c = 0; c < s.channels; ++c)
                if (!v.mask || v.mask[at + c] > 0)
                    sum += static_cast<double>(v.x[at + c]) * k[c];
        }
    }
    if (v.add)
        sum += v.add[((image * s.out_h + row) * s.out_w + column) * s.y_row + o];
    return static_cast<float>(sum);
}

} // namespace

STRIATE_EXPORT size_t plain_conv_packed_size(const ConvShape *s) {
    return static_cast<size_t>(s->filters) * s->kernel_h * s->kernel_w * s->channels;
}

STRIATE_EXPORT int32_t plain_conv_pack(const ConvShape *s, const float *weights, int32_t turned,
                                       float *packed, int32_t) {
    const int taps = s->kernel_h * s->kernel_w;
    for (int o = 0; o < s->filters; ++o)
        for (int t = 0; t < taps; ++t)
            for (int c = 0; c < s->channels; ++c) {
                const size_t here = (static_cast<size_t>(o) * taps + t) * s->channels + c;
                const size_t there = (static_cast<size_t>(c) * taps + taps - 1 - t) * s->filters + o;
                packed[here] = weights[turned ? there : here];
            }
    return OK;
}

STRIATE_EXPORT int32_t plain_conv(const ConvShape *shape, int64_t images, const ConvValues *values,
                                  int32_t threads) {
    const ConvShape &s = *shape;
    const int pool = s.pool, rows = s.out_h / pool, columns = s.out_w / pool;
    return shared_out(threads, [&](int32_t t) {
        const Slice lines(images * rows, threads, t);
        for (int64_t line = lines.begin; line < lines.end; ++line)
            for (int w = 0; w < columns; ++w)
                for (int o = 0; o < s.filters; ++o) {
                    const int64_t n = line / rows;
                    const int h = static_cast<int>(line % rows);
                    float best = value(s, *values, n, h * pool, w * pool, o);
                    uint8_t winner = 0;
                    for (int i = 1; i < pool * pool; ++i) {
                        const float other =
                            value(s, *values, n, h * pool + i / pool, w * pool + i % pool, o);
                        if (other > best || (std::isnan(other) && !std::isnan(best)))
                            best = other, winner = static_cast<uint8_t>(i);
                    }
                    const size_t pixel = line * static_cast<size_t>(columns) + w;
                    values->y[pixel * s.y_row + o] = activated(s, best);
                    if (values->code)
                        values->code[pixel * s.filters + o] =
                            s.activation == RELU && best <= 0 ? 4 : winner;
                }
        return OK;
    });
}
