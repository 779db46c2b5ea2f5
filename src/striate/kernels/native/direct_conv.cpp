// Direct convolution in float32: sums stay in registers, input values are broadcast.
#include "direct_driver.h"

using namespace striate;

namespace {

struct Float32 {
    using Value = float;
    using Weights = __m512;
    static constexpr int STEP = 1;
    static constexpr bool COPIES = false;

    static Weights weights(const float *w) { return _mm512_loadu_ps(w); }
    static Weights value(const float *x) { return _mm512_set1_ps(*x); }
    static __m512 add(__m512 sum, Weights a, Weights b) { return _mm512_fmadd_ps(a, b, sum); }

    static void copy(const float *x, const float *mask, int64_t count, float *y) {
        if (mask == nullptr) {
            std::memcpy(y, x, count * sizeof(float));
            return;
        }
        for (int64_t i = 0; i < count; i += LANES) {
            const __mmask16 in = lanes(count - i);
            const __m512 m = _mm512_maskz_loadu_ps(in, mask + i);
            const __mmask16 open = _mm512_cmp_ps_mask(m, _mm512_setzero_ps(), _CMP_GT_OQ);
            store(y + i, in, _mm512_maskz_loadu_ps(open, x + i));
        }
    }
};

} // namespace

STRIATE_EXPORT size_t direct_conv_packed_size(const ConvShape *s) {
    return static_cast<size_t>(padded_filters(*s)) * s->kernel_h * s->kernel_w * s->channels;
}

STRIATE_EXPORT int32_t direct_conv_pack(const ConvShape *s, const float *weights, int32_t turned,
                                        float *packed, int32_t threads) {
    const int64_t taps = static_cast<int64_t>(s->kernel_h) * s->kernel_w;
    const int64_t depth = taps * s->channels, blocks = (s->filters + BLOCK - 1) / BLOCK;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t block = 0; block < blocks; ++block) {
        const int64_t o = block * BLOCK, left = s->filters - o;
        const int64_t width = left > LANES ? BLOCK : LANES, count = std::min(left, width);
        float *row = packed + o * depth;
        for (int64_t t = 0; t < taps; ++t)
            for (int64_t c = 0; c < s->channels; ++c, row += width)
                for (int64_t i = 0; i < width; ++i) {
                    const int64_t here = (o + i) * depth + t * s->channels + c;
                    const int64_t there = (c * taps + taps - 1 - t) * s->filters + o + i;
                    row[i] = i < count ? weights[turned ? there : here] : 0.0f;
                }
    }
    return OK;
}

STRIATE_EXPORT int32_t direct_conv(const ConvShape *shape, int64_t images,
                                   const ConvValues *values, int32_t threads) {
    return Direct<Float32>(*shape, *values).run(images, threads);
}
