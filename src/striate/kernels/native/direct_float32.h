// The arithmetic of a direct convolution in float32.
#pragma once

#include <cstring>

#include "conv.h"
#include "vectors.h"

namespace striate {

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

    // Rows of 16 filters as they are; returns how far the next one is.
    static int64_t pack(const float *square, int64_t count, float *row, int64_t width) {
        for (int64_t i = 0; i < count; ++i)
            _mm512_storeu_ps(row + i * width, _mm512_load_ps(square + i * LANES));
        return count * width;
    }
};

} // namespace striate
