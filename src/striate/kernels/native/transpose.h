// A square of 16x16 floats, turned about its diagonal.
#pragma once

#include <immintrin.h>

#include <cstddef>

namespace striate {

// from[0], from[from_row], ... are its rows; they become the columns of to[0], to[to_row], ...
// Registers: 16 rows that are changed in pairs, 2 of a pair.
inline void transpose(const float *from, size_t from_row, float *to, size_t to_row) {
    __m512 a[16], b[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i)
        a[i] = _mm512_loadu_ps(from + i * from_row);
    // within 128 bits: squares of 2x2 and then of 4x4
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        b[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4)
#pragma GCC unroll 2
        for (int k = 0; k < 2; ++k) {
            const __m512d first = _mm512_castps_pd(b[i + k]), second = _mm512_castps_pd(b[i + k + 2]);
            a[i + 2 * k] = _mm512_castpd_ps(_mm512_unpacklo_pd(first, second));
            a[i + 2 * k + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(first, second));
        }
    // of 128 bits: a[4 q + k] holds columns k, k + 4, k + 8, k + 12 of rows 4 q to 4 q + 3
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) {
        const __m512 even_low = _mm512_shuffle_f32x4(a[k], a[4 + k], 0x88);
        const __m512 odd_low = _mm512_shuffle_f32x4(a[k], a[4 + k], 0xdd);
        const __m512 even_high = _mm512_shuffle_f32x4(a[8 + k], a[12 + k], 0x88);
        const __m512 odd_high = _mm512_shuffle_f32x4(a[8 + k], a[12 + k], 0xdd);
        _mm512_storeu_ps(to + k * to_row, _mm512_shuffle_f32x4(even_low, even_high, 0x88));
        _mm512_storeu_ps(to + (k + 4) * to_row, _mm512_shuffle_f32x4(odd_low, odd_high, 0x88));
        _mm512_storeu_ps(to + (k + 8) * to_row, _mm512_shuffle_f32x4(even_low, even_high, 0xdd));
        _mm512_storeu_ps(to + (k + 12) * to_row, _mm512_shuffle_f32x4(odd_low, odd_high, 0xdd));
    }
}

} // namespace striate
