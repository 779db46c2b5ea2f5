// Vectors of 16 floats: the parts of a map's row, and activations.
#pragma once

#include <immintrin.h>

#include <limits>

#include "conv.h"
#include "map_values.h"

namespace striate {

// Larger results would be thrown out of the caches before anybody reads them.
inline constexpr int64_t STREAMED_VALUES = 4 << 20;

// The lanes of a vector that `left` values fill.
inline __mmask16 lanes(int64_t left) {
    return left >= LANES ? 0xffff : left <= 0 ? 0 : static_cast<__mmask16>((1u << left) - 1);
}

inline void store_bytes(uint8_t *place, __mmask16 mask, __m128i v) {
    if (mask == 0xffff)
        _mm_storeu_si128(reinterpret_cast<__m128i *>(place), v);
    else
        _mm_mask_storeu_epi8(place, mask, v);
}

// A block's activation; a NaN stays one (max and min return their second operand then).
struct Activated {
    __m512 low, cap, slope;
    __m512 dead; // values up to this one give 0 and have no gradient: that of ReLU; else a NaN
    bool leaky;

    explicit Activated(const ConvShape &s) {
        constexpr float INFINITE = std::numeric_limits<float>::infinity();
        const bool rectified = s.activation == RELU || s.activation == CAPPED_RELU;
        low = _mm512_set1_ps(rectified ? 0.0f : -INFINITE);
        cap = _mm512_set1_ps(s.activation == CAPPED_RELU ? s.number : INFINITE);
        slope = _mm512_set1_ps(s.number);
        dead = _mm512_set1_ps(s.activation == RELU ? 0.0f : __builtin_nanf(""));
        leaky = s.activation == LEAKY_RELU;
    }

    __m512 operator()(__m512 v) const {
        if (leaky) {
            const __mmask16 negative = _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_LE_OQ);
            return _mm512_mask_mul_ps(v, negative, v, slope);
        }
        return clipped(v);
    }

    // The activation, if it is not leaky.
    __m512 clipped(__m512 v) const { return _mm512_min_ps(cap, _mm512_max_ps(low, v)); }
};

} // namespace striate
