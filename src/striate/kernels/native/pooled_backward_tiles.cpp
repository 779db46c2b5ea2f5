// Tiles of pooled cells: how images are cut into them, their part of x, and lists of the winners.
#include "pooled_backward_tiles.h"

#include <algorithm>

#include "transpose.h"

namespace striate::pooled {

constexpr int64_t TILE_BYTES = 26 << 10; // of x: most of the L1 cache

Tiles::Tiles(const ConvShape &s, int channels) : rows(s.out_h / 2), columns(s.out_w / 2) {
    const auto bytes = [&](int h, int w) {
        const int64_t pixels = (2 * h + s.kernel_h - 1) * (2 * w + s.kernel_w - 1);
        return pixels * channels * sizeof(float);
    };
    for (across = 1;; ++across) { // narrower, until a few rows fit
        width = (columns + across - 1) / across;
        height = rows;
        while (height > 1 && bytes(height, width) > TILE_BYTES)
            --height;
        if (height >= std::min(rows, 4) || width <= 8)
            break;
    }
    down = (rows + height - 1) / height;
    height = (rows + down - 1) / down; // even parts
    images = 1;
    if (down * across == 1)
        images = static_cast<int>(std::clamp<size_t>(TILE_BYTES / bytes(rows, columns), 1, 64));
}


Tile::Tile(const ConvShape &s, const Tiles &t, int64_t num_images, int64_t index) {
    const int64_t group = index / (t.down * t.across);
    const int part = static_cast<int>(index % (t.down * t.across));
    first = group * t.images;
    last = std::min(num_images, first + t.images);
    const Slice h(t.rows, t.down, part / t.across), w(t.columns, t.across, part % t.across);
    top = h.begin, bottom = h.end, left = w.begin, right = w.end;
    x_rows = 2 * (bottom - top) + s.kernel_h - 1;
    x_columns = 2 * (right - left) + s.kernel_w - 1;
}

// The part of x that a tile sees, `block` of its channels, with zeros around.
void copy_x(const FiltersJob &job, const Tile &tile, const Block &b, float *to) {
    const ConvShape &s = job.s;
    const int top = 2 * tile.top - s.pad_top, left = 2 * tile.left - s.pad_left;
    const int before = std::clamp(-left, 0, tile.x_columns);
    const int behind = std::clamp(s.in_w - left, before, tile.x_columns);
    for (int64_t n = tile.first; n < tile.last; ++n)
        for (int i = 0; i < tile.x_rows; ++i, to += tile.x_columns * b.width) {
            const int h = top + i;
            if (h < 0 || h >= s.in_h) {
                std::memset(to, 0, sizeof(float) * tile.x_columns * b.width);
                continue;
            }
            std::memset(to, 0, sizeof(float) * before * b.width);
            std::memset(to + behind * b.width, 0,
                        sizeof(float) * (tile.x_columns - behind) * b.width);
            const float *from =
                job.x + ((n * s.in_h + h) * s.in_w + left + before) * s.x_row + b.first;
            if (b.used == b.width && s.x_row == b.width) {
                std::memcpy(to + before * b.width, from,
                            sizeof(float) * (behind - before) * b.width);
                continue;
            }
            for (int j = before; j < behind; ++j, from += s.x_row) {
                float *pixel = to + j * b.width;
                for (int c = 0; c < b.width; c += 16) {
                    const __mmask16 there = _cvtu32_mask16((1u << std::min(16, b.used - c)) - 1);
                    const __mmask16 room = _cvtu32_mask16((1u << std::min(16, b.width - c)) - 1);
                    _mm512_mask_storeu_ps(pixel + c, room, _mm512_maskz_loadu_ps(there, from + c));
                }
            }
        }
}

namespace {

// Four perfect shuffles of the rows turn columns of bytes into rows.
inline void transpose_bytes(__m128i r[16]) {
#pragma GCC unroll 4
    for (int stage = 0; stage < 4; ++stage) {
        __m128i t[16];
#pragma GCC unroll 8
        for (int i = 0; i < 8; ++i) {
            t[2 * i] = _mm_unpacklo_epi8(r[i], r[i + 8]);
            t[2 * i + 1] = _mm_unpackhi_epi8(r[i], r[i + 8]);
        }
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i)
            r[i] = t[i];
    }
}

// The cells of a tile, one after the other: 16 filters of which are turned into lists at a time.
class Cells {
  public:
    Cells(const FiltersJob &job, const Tile &tile) : job_(job), tile_(tile), n_(tile.first) {
        i_ = tile.top, j_ = tile.left;
    }
    // Up to 16 cells: their places in g, and their first pixels in x; how many.
    int next(int64_t places[16], int32_t pixels[16]) {
        const int rows = job_.s.out_h / 2, columns = job_.s.out_w / 2;
        int count = 0;
        for (; count < 16 && n_ < tile_.last; ++count) {
            places[count] = ((n_ * rows + i_) * columns + j_) * job_.s.filters;
            const int64_t image = n_ - tile_.first;
            const int64_t row = image * tile_.x_rows + 2 * (i_ - tile_.top);
            pixels[count] = static_cast<int>(row) * tile_.x_columns + 2 * (j_ - tile_.left);
            if (++j_ == tile_.right) {
                j_ = tile_.left;
                if (++i_ == tile_.bottom)
                    i_ = tile_.top, ++n_;
            }
        }
        return count;
    }

  private:
    const FiltersJob &job_;
    const Tile &tile_;
    int64_t n_;
    int i_, j_;
};

} // namespace

void build_lists(const FiltersJob &job, const Tile &tile, const Slice &filters, int64_t first,
                 const ListMemory &m, float *bias) {
    List *lists = m.lists + first;
    for (int64_t o = 0; o < filters.size(); ++o)
        lists[o].first = (first + o) * m.capacity, lists[o].count = 0;
    // From a cell's first pixel to its four.
    const __m512i four = _mm512_castsi128_si512(
        _mm_setr_epi32(0, 1, tile.x_columns, tile.x_columns + 1));
    Cells cells(job, tile);
    int64_t places[16] = {};
    alignas(64) int32_t pixels[16] = {};
    while (const int count = cells.next(places, pixels)) {
        const __m512i corners = _mm512_load_si512(pixels);
        for (int64_t o = 0; o < filters.size(); o += 16, bias += 16) {
            const int lanes = static_cast<int>(std::min<int64_t>(16, filters.size() - o));
            const __mmask16 there = _cvtu32_mask16((1u << lanes) - 1);
            alignas(64) float g[16][16], by_filter[16][16];
            __m512 sum = _mm512_load_ps(bias);
            __m128i code[16];
#pragma GCC unroll 16
            for (int i = 0; i < 16; ++i) {
                __m512 its = _mm512_setzero_ps();
                code[i] = _mm_set1_epi8(4);
                if (i < count) {
                    const int64_t at = places[i] + filters.begin + o;
                    code[i] = load_codes(job.code + at, job.codes_end());
                    its = _mm512_maskz_loadu_ps(there, job.g + at);
                }
                const __mmask16 alive = _mm_cmplt_epu8_mask(code[i], _mm_set1_epi8(4));
                sum = _mm512_mask_add_ps(sum, alive, sum, its);
                _mm512_store_ps(g[i], its);
            }
            _mm512_store_ps(bias, sum);
            transpose(g[0], 16, by_filter[0], 16);
            transpose_bytes(code);
            for (int i = 0; i < lanes; ++i) {
                const __mmask16 alive = _mm_cmplt_epu8_mask(code[i], _mm_set1_epi8(4));
                const __m512i pixel = _mm512_add_epi32(
                    corners, _mm512_permutexvar_epi32(_mm512_cvtepu8_epi32(code[i]), four));
                const int64_t at = lists[o + i].first + lists[o + i].count;
                // compressed in registers: compressing stores are slow on Zen 4
                _mm512_storeu_si512(m.offsets + at, _mm512_maskz_compress_epi32(alive, pixel));
                const __m512 values = _mm512_load_ps(by_filter[i]);
                _mm512_storeu_ps(m.values + at, _mm512_maskz_compress_ps(alive, values));
                lists[o + i].count += __builtin_popcount(_cvtmask16_u32(alive));
            }
        }
        bias -= (filters.size() + 15) / 16 * 16;
    }
}

} // namespace striate::pooled
