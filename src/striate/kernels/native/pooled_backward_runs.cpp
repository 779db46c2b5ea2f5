// The inner kernel of the pooled backward: sums of multiples of runs, and the blocks of channels.
#include <immintrin.h>

#include <algorithm>

#include "pooled_backward.h"

namespace striate::pooled {
namespace {

// Registers: ROWS * VECTORS sums and one multiplier; the runs of source are memory operands. A
// 512-bit load and a 512-bit FMA each take a cycle on Zen 4, so this is the machine's peak.
template <int ROWS, int VECTORS> void add(const Runs &r) {
    for (const List *list = r.lists; list != r.lists + r.count; ++list) {
        if (list->count == 0)
            continue;
        float *target = r.target + list->target;
        __m512 sum[ROWS][VECTORS];
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; ++i)
#pragma GCC unroll 8
            for (int j = 0; j < VECTORS; ++j)
                sum[i][j] = _mm512_loadu_ps(target + i * r.target_row + 16 * j);
        const int32_t *offset = r.offsets + list->first, *end = offset + list->count;
        const float *value = r.values + list->first;
        for (; offset != end; ++offset, ++value) {
            const float *source = r.source + *offset * r.unit;
            const __m512 g = _mm512_set1_ps(*value);
#pragma GCC unroll 8
            for (int i = 0; i < ROWS; ++i)
#pragma GCC unroll 8
                for (int j = 0; j < VECTORS; ++j)
                    sum[i][j] = _mm512_fmadd_ps(
                        g, _mm512_loadu_ps(source + i * r.source_row + 16 * j), sum[i][j]);
        }
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; ++i)
#pragma GCC unroll 8
            for (int j = 0; j < VECTORS; ++j)
                _mm512_storeu_ps(target + i * r.target_row + 16 * j, sum[i][j]);
    }
}

constexpr int MOST_ROWS = 7, MOST_SUMS = 28; // of 32 registers

using Kernel = void (*)(const Runs &);

template <int ROWS, int VECTORS> constexpr Kernel kernel() {
    if constexpr (ROWS * VECTORS <= MOST_SUMS && ROWS != 6)
        return add<ROWS, VECTORS>;
    else
        return nullptr;
}

template <int VECTORS> Kernel rows_kernel(int rows) {
    static constexpr Kernel KERNELS[MOST_ROWS] = {
        kernel<1, VECTORS>(), kernel<2, VECTORS>(), kernel<3, VECTORS>(), kernel<4, VECTORS>(),
        kernel<5, VECTORS>(), kernel<6, VECTORS>(), kernel<7, VECTORS>()};
    return KERNELS[rows - 1];
}

Kernel find(int rows, int vectors) {
    static constexpr Kernel (*TABLE[MOST_VECTORS])(int) = {
        rows_kernel<1>, rows_kernel<2>, rows_kernel<3>, rows_kernel<4>,
        rows_kernel<5>, rows_kernel<6>, rows_kernel<7>, rows_kernel<8>};
    return TABLE[vectors - 1](rows);
}

} // namespace

void add_runs(const Runs &runs, int rows, int vectors) {
    for (int j = 0; j < vectors; j += MOST_VECTORS) {
        const int across = std::min(MOST_VECTORS, vectors - j);
        for (int i = 0, down = 0; i < rows; i += down) {
            down = std::min(MOST_ROWS, rows - i);
            while (find(down, across) == nullptr)
                --down;
            Runs part = runs;
            part.source += i * runs.source_row + 16 * j;
            part.target += i * runs.target_row + 16 * j;
            find(down, across)(part);
        }
    }
}

int num_blocks(const ConvShape &s, int width) { return (s.channels + width - 1) / width; }

Block block(const ConvShape &s, int width, int index) {
    Block b;
    b.first = index * width;
    b.used = std::min(width, s.channels - b.first);
    b.width = s.channels < 16 ? s.channels : (b.used + 15) / 16 * 16;
    b.vectors = (s.kernel_w * b.width + 15) / 16;
    return b;
}

bool suitable(const ConvShape &s) {
    return s.pool == 2 && s.stride_h == 1 && s.stride_w == 1 && s.dilation_h == 1 &&
           s.dilation_w == 1 && (s.activation == LINEAR || s.activation == RELU) &&
           s.out_h >= 2 && s.out_w >= 2 && s.pad_top >= 0 && s.pad_left >= 0;
}

} // namespace striate::pooled

STRIATE_EXPORT int32_t pooled_backward_suitable(const striate::ConvShape *s) {
    return striate::pooled::suitable(*s);
}
