// Direct convolution with both factors rounded to bfloat16, two products a lane and instruction,
// and sums in float32. Maps are float32 in memory: x is rounded on its way into the copy.
#include <immintrin.h>

#include <memory>
#include <new>

#include "scratch.h"
#include "transpose.h"
#include "vectors.h"

// What follows is compiled for processors that multiply bfloat16, and called nowhere else.
#pragma GCC target("avx512bf16")
#include "direct_driver.h"

using namespace striate;

namespace {

struct BFloat16 {
    using Value = uint16_t;
    using Weights = __m512i;
    static constexpr int STEP = 2;
    static constexpr bool COPIES = true;

    static Weights weights(const float *w) { return _mm512_loadu_si512(w); }

    static Weights value(const uint16_t *x) {
        int32_t pair;
        std::memcpy(&pair, x, sizeof(pair));
        return _mm512_set1_epi32(pair);
    }

    static __m512 add(__m512 sum, Weights a, Weights b) {
        return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
    }

    static __m256i rounded(__m512 v) { return (__m256i)_mm512_cvtneps_pbh(v); }

    static void copy(const float *x, const float *mask, int64_t count, uint16_t *y) {
        for (int64_t i = 0; i < count; i += LANES) {
            __mmask16 in = lanes(count - i), open = in;
            if (mask != nullptr) {
                const __m512 m = _mm512_maskz_loadu_ps(in, mask + i);
                open = _mm512_cmp_ps_mask(m, _mm512_setzero_ps(), _CMP_GT_OQ);
            }
            const __m256i v = rounded(_mm512_maskz_loadu_ps(open, x + i));
            if (in == 0xffff)
                _mm256_storeu_si256(reinterpret_cast<__m256i *>(y + i), v);
            else
                _mm256_mask_storeu_epi16(y + i, in, v);
        }
    }

    // Pairs of rows, side by side in each lane; returns how far the next one is.
    static int64_t pack(const float *square, int64_t count, float *row, int64_t width) {
        for (int64_t i = 0; i < count; i += 2, row += width) {
            const __m512 a = _mm512_load_ps(square + i * LANES);
            const __m512 b = _mm512_load_ps(square + (i + 1) * LANES); // zeros behind the last
            const __m512i low = _mm512_cvtepu16_epi32(rounded(a));
            const __m512i high = _mm512_slli_epi32(_mm512_cvtepu16_epi32(rounded(b)), 16);
            _mm512_storeu_si512(row, _mm512_or_si512(low, high));
        }
        return (count + 1) / 2 * width;
    }
};

} // namespace

STRIATE_EXPORT size_t direct_conv_bf16_packed_size(const ConvShape *s) {
    return Pack<BFloat16>(*s, nullptr, false).size();
}

STRIATE_EXPORT int32_t direct_conv_bf16_pack(const ConvShape *s, const float *weights,
                                             int32_t turned, float *packed, int32_t threads) {
    Pack<BFloat16>(*s, weights, turned)(packed, threads);
    return OK;
}

STRIATE_EXPORT int32_t direct_conv_bf16(const ConvShape *shape, int64_t images,
                                        const ConvValues *values, int32_t threads) {
    return Direct<BFloat16>(*shape, *values).run(images, threads);
}
