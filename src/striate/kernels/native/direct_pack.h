// The weights of a direct convolution as its tiles read them: blocks of 32 filters, in them the
// packed rows of a pixel's runs, in those the filters. What is left is a block of 16 if it fits.
#pragma once

#include "direct_geometry.h"
#include "transpose.h"
#include "vectors.h"

namespace striate {

inline constexpr int64_t BLOCK = 32;

inline int64_t padded_filters(const ConvShape &s) { return (s.filters + LANES - 1) / LANES * LANES; }

template <class Math> class Pack {
  public:
    Pack(const ConvShape &shape, const float *weights, bool turned)
        : s(shape), g(shape, Math::COPIES, Math::STEP), taps(int64_t{s.kernel_h} * s.kernel_w),
          depth(g.depth()), weights(weights), turned(turned) {}

    size_t size() const { return padded_filters(s) * depth; }

    void operator()(float *packed, int threads) const {
#pragma omp parallel for num_threads(threads) schedule(static)
        for (int64_t o = 0; o < padded_filters(s); o += LANES) {
            const int64_t block = o / BLOCK * BLOCK;
            const int64_t width = s.filters - block > LANES ? BLOCK : LANES;
            sixteen(o, packed + block * depth + (o - block), width);
        }
    }

  private:
    // The filters from `o` on; `width` floats from a packed row to the next.
    void sixteen(int64_t o, float *row, int64_t width) const {
        alignas(64) float square[LANES * LANES];
        int64_t first = 0;
        g.all_runs([&](int64_t, int64_t values) {
            for (int64_t k = 0; k < values; k += LANES) {
                const int64_t count = std::min<int64_t>(LANES, values - k);
                if (turned)
                    gather_turned(o, first + k, count, square);
                else
                    gather(o, first + k, count, square);
                row += Math::pack(square, count, row, width);
            }
            first += values;
        });
    }

    // Weights [k, k + count) of 16 filters, filters innermost; zeros for what is not there.
    void gather(int64_t o, int64_t k, int64_t count, float *square) const {
        const int64_t all = taps * s.channels, filters = std::min<int64_t>(LANES, s.filters - o);
        const float *from = weights + o * all + k;
        if (count == LANES && filters == LANES) {
            transpose(from, all, square, LANES);
            return;
        }
        alignas(64) float part[LANES * LANES];
        for (int64_t i = 0; i < LANES; ++i) {
            const __mmask16 in = lanes(i < filters ? count : 0);
            _mm512_store_ps(part + i * LANES, _mm512_maskz_loadu_ps(in, from + i * all));
        }
        transpose(part, LANES, square, LANES);
    }

    void gather_turned(int64_t o, int64_t k, int64_t count, float *square) const {
        const __mmask16 in = lanes(s.filters - o);
        int64_t tap = k / s.channels, c = k % s.channels;
        for (int64_t i = 0; i < LANES; ++i, ++c) {
            if (c == s.channels)
                c = 0, ++tap;
            const float *from = weights + (c * taps + taps - 1 - tap) * s.filters + o;
            const __mmask16 there = i < count ? in : 0;
            _mm512_store_ps(square + i * LANES, _mm512_maskz_loadu_ps(there, from));
        }
    }

    const ConvShape &s;
    const Geometry g;
    const int64_t taps, depth;
    const float *weights;
    const bool turned;
};

} // namespace striate
