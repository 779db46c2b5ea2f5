// The copy of a chunk's input that a direct convolution reads: zeros around it, mask applied.
#pragma once

#include <cstring>

#include "direct_geometry.h"
#include "vectors.h"

namespace striate {

template <class Math> class Stage {
  public:
    using Value = typename Math::Value;

    Stage(const Geometry &geometry, const ConvValues &values) : g(geometry), v(values) {}

    void operator()(const Chunk &chunk, Value *place) const {
        const ConvShape &s = g.s;
        const int64_t high = g.need_h(chunk.rows);
        const int64_t top = chunk.row * s.pool * s.stride_h - s.pad_top;
        for (int64_t n = 0; n < chunk.images; ++n)
            for (int64_t h = 0; h < high; ++h, place += g.line) {
                const int64_t from = top + h * g.skip_h;
                if (from < 0 || from >= s.in_h)
                    std::memset(place, 0, g.line * sizeof(Value));
                else
                    line(((chunk.image + n) * s.in_h + from) * s.in_w, place);
            }
        *place = 0; // the last run's last pair may reach here; its weight is 0, so no NaN may
    }

  private:
    // One row, of the input's that begins with pixel `from`.
    void line(int64_t from, Value *place) const {
        const ConvShape &s = g.s;
        if (s.x_row != s.channels || g.skip_w > 1) {
            for (int64_t w = 0; w < g.need_w; ++w, place += s.channels) {
                const int64_t column = w * g.skip_w - s.pad_left;
                if (column >= 0 && column < s.in_w)
                    values((from + column) * s.x_row, s.channels, place);
                else
                    std::memset(place, 0, s.channels * sizeof(Value));
            }
            return;
        }
        const int64_t left = std::clamp<int64_t>(s.pad_left, 0, g.need_w);
        const int64_t begin = std::max(-s.pad_left, 0);
        const int64_t count = std::clamp<int64_t>(s.in_w - begin, 0, g.need_w - left);
        const int64_t right = g.need_w - left - count;
        std::memset(place, 0, left * s.channels * sizeof(Value));
        place += left * s.channels;
        values((from + begin) * s.channels, count * s.channels, place);
        std::memset(place + count * s.channels, 0, right * s.channels * sizeof(Value));
    }

    void values(int64_t at, int64_t count, Value *place) const {
        Math::copy(v.x + at, v.mask ? v.mask + at : nullptr, count, place);
    }

    const Geometry &g;
    const ConvValues &v;
};

} // namespace striate
