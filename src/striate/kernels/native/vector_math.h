// Functions of 16 floats at a time: exp and the activations that need it, to 2 units of the last
// place or so (erf to 2e-7). A NaN stays one.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "map_values.h"

namespace striate {

// Activations beyond those of conv.h: a pointwise step applies them, convolutions do not.
enum MoreActivations : int32_t {
    SIGMOID = 4,
    TANH = 5,
    SILU = 6,      // x sigmoid(x)
    GELU = 7,      // x Phi(x)
    HARD_SIGMOID = 8, // clip(x / 6 + 1/2, 0, 1)
    HARD_SILU = 9, // x hard_sigmoid(x)
    EXPONENTIAL = 10,
    ELU = 11,      // x > 0 ? x : number (exp(x) - 1)
};

using Vector = __m512;

inline Vector of(float value) { return _mm512_set1_ps(value); }

// The first `count` lanes, count 0 to 16.
inline __mmask16 first_lanes(int64_t count) {
    return static_cast<__mmask16>((1u << (count < 16 ? count : 16)) - 1u);
}

// max(x, least) and min(x, most), and x where it is no number. With a mask of all lanes, because
// g++ 12 warns of its own header otherwise (https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105593).
inline Vector at_least(Vector x, Vector least) { return _mm512_maskz_max_ps(ALL, least, x); }
inline Vector at_most(Vector x, Vector most) { return _mm512_maskz_min_ps(ALL, most, x); }

// The larger, or the one that is no number.
inline Vector larger(Vector a, Vector b) {
    const Vector found = at_least(a, b); // a if one of them is no number
    return _mm512_mask_mov_ps(found, _mm512_cmp_ps_mask(b, b, _CMP_UNORD_Q), b);
}

// 2^n e^r with n = round(x log2(e)), abs(r) <= ln(2) / 2; scalef gives 0 and infinity at the ends.
inline Vector exponential(Vector x) {
    x = at_most(at_least(x, of(-1000.0f)), of(1000.0f));
    const Vector turns = _mm512_mul_ps(x, of(1.44269504f));
    const Vector n = _mm512_maskz_roundscale_ps(ALL, turns, _MM_FROUND_TO_NEAREST_INT);
    Vector r = _mm512_fnmadd_ps(n, of(0.693359375f), x);
    r = _mm512_fnmadd_ps(n, of(-2.12194440e-4f), r);
    Vector p = of(1.9875691500e-4f);
    p = _mm512_fmadd_ps(p, r, of(1.3981999507e-3f));
    p = _mm512_fmadd_ps(p, r, of(8.3334519073e-3f));
    p = _mm512_fmadd_ps(p, r, of(4.1665795894e-2f));
    p = _mm512_fmadd_ps(p, r, of(1.6666665459e-1f));
    p = _mm512_fmadd_ps(p, r, of(5.0000001201e-1f));
    p = _mm512_fmadd_ps(p, _mm512_mul_ps(r, r), _mm512_add_ps(r, of(1.0f)));
    return _mm512_maskz_scalef_ps(ALL, p, n);
}

inline Vector sigmoid(Vector x) {
    const Vector e = exponential(_mm512_sub_ps(_mm512_setzero_ps(), x));
    return _mm512_div_ps(of(1.0f), _mm512_add_ps(of(1.0f), e));
}

// Near 0 an odd polynomial (Cephes), elsewhere 1 - 2 / (e^2x + 1).
inline Vector hyperbolic_tangent(Vector x) {
    const Vector z = _mm512_mul_ps(x, x);
    Vector p = of(-5.70498872745e-3f);
    p = _mm512_fmadd_ps(p, z, of(2.06390887954e-2f));
    p = _mm512_fmadd_ps(p, z, of(-5.37397155531e-2f));
    p = _mm512_fmadd_ps(p, z, of(1.33314422036e-1f));
    p = _mm512_fmadd_ps(p, z, of(-3.33332819422e-1f));
    const Vector near = _mm512_fmadd_ps(_mm512_mul_ps(p, z), x, x);
    const Vector e = exponential(_mm512_add_ps(x, x));
    const Vector far =
        _mm512_sub_ps(of(1.0f), _mm512_div_ps(of(2.0f), _mm512_add_ps(e, of(1.0f))));
    const __mmask16 small = _mm512_cmp_ps_mask(_mm512_abs_ps(x), of(0.625f), _CMP_LT_OQ);
    return _mm512_mask_mov_ps(far, small, near);
}

// Abramowitz & Stegun 7.1.26: erf(x) = 1 - (a1 t + ... + a5 t^5) e^(-x^2), t = 1 / (1 + p x).
inline Vector error_function(Vector x) {
    const Vector a = _mm512_abs_ps(x);
    const Vector t = _mm512_div_ps(of(1.0f), _mm512_fmadd_ps(a, of(0.3275911f), of(1.0f)));
    Vector p = of(1.061405429f);
    p = _mm512_fmadd_ps(p, t, of(-1.453152027f));
    p = _mm512_fmadd_ps(p, t, of(1.421413741f));
    p = _mm512_fmadd_ps(p, t, of(-0.284496736f));
    p = _mm512_fmadd_ps(p, t, of(0.254829592f));
    const Vector e = exponential(_mm512_fnmadd_ps(a, a, _mm512_setzero_ps()));
    const Vector y = _mm512_fnmadd_ps(_mm512_mul_ps(p, t), e, of(1.0f));
    const Vector sign = _mm512_and_ps(x, of(-0.0f));
    return _mm512_or_ps(y, sign);
}

inline Vector hard_sigmoid(Vector x) {
    const Vector line = _mm512_fmadd_ps(x, of(1.0f / 6.0f), of(0.5f));
    return at_most(at_least(line, _mm512_setzero_ps()), of(1.0f));
}

// An activation of conv.h or of this file.
inline Vector activated(int32_t activation, float number, Vector x) {
    const Vector zero = _mm512_setzero_ps();
    switch (activation) {
    case 1:
        return at_least(x, zero);
    case 2:
        return at_most(at_least(x, zero), of(number));
    case 3:
        return _mm512_mask_mul_ps(x, _mm512_cmp_ps_mask(x, zero, _CMP_LE_OQ), x, of(number));
    case SIGMOID:
        return sigmoid(x);
    case TANH:
        return hyperbolic_tangent(x);
    case SILU:
        return _mm512_mul_ps(x, sigmoid(x));
    case GELU: {
        const Vector half = _mm512_mul_ps(x, of(0.5f));
        const Vector e = error_function(_mm512_mul_ps(x, of(0.70710678f)));
        return _mm512_fmadd_ps(half, e, half);
    }
    case HARD_SIGMOID:
        return hard_sigmoid(x);
    case HARD_SILU:
        return _mm512_mul_ps(x, hard_sigmoid(x));
    case EXPONENTIAL:
        return exponential(x);
    case ELU: {
        const Vector e = _mm512_mul_ps(of(number), _mm512_sub_ps(exponential(x), of(1.0f)));
        return _mm512_mask_mov_ps(x, _mm512_cmp_ps_mask(x, zero, _CMP_LE_OQ), e);
    }
    default:
        return x;
    }
}

} // namespace striate
