// Sixteen values of a map, which are floats or bfloat16, as floats in a register.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace striate {

struct Bfloat16 {
    uint16_t bits; // the upper half of a float
};

using V = __m512;
using Mask = __mmask16;

constexpr int LANES = 16;
constexpr Mask ALL = 0xffff;

inline V all(float x) { return _mm512_set1_ps(x); }

// The forms with a mask, of all ones: g++ 12 warns of an undefined value in the plain ones.
inline V load(const float *p, Mask m) { return m == ALL ? _mm512_loadu_ps(p) : _mm512_maskz_loadu_ps(m, p); }
inline V load(const Bfloat16 *p, Mask m) {
    const __m512i wide = _mm512_maskz_cvtepu16_epi32(ALL, _mm256_maskz_loadu_epi16(m, p));
    return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(ALL, wide, 16));
}
// Whole vectors are stored without a mask, which this processor family does much faster.
inline void store(float *p, Mask m, V v) {
    if (m == ALL)
        _mm512_storeu_ps(p, v);
    else
        _mm512_mask_storeu_ps(p, m, v);
}
// Rounded to the nearest, the even one of two; a NaN stays one.
inline void store(Bfloat16 *p, Mask m, V v) {
    const __m512i whole = _mm512_castps_si512(v), one = _mm512_set1_epi32(1);
    const __m512i odd = _mm512_maskz_srli_epi32(ALL, whole, 16) & one;
    __m512i rounded = _mm512_add_epi32(whole, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    const Mask wrong = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
    rounded = _mm512_mask_mov_epi32(rounded, wrong, _mm512_set1_epi32(0x7fc00000));
    const __m512i high = _mm512_maskz_srli_epi32(ALL, rounded, 16);
    _mm256_mask_storeu_epi16(p, m, _mm512_maskz_cvtepi32_epi16(ALL, high));
}

} // namespace striate
