// The weights' gradient of convolution + max-pooling (+ ReLU) with few taps: first layers.
//
// Lanes are 16 filters. At a pooled cell a tap sees one of four neighbouring values of x, and the
// code says which: x is laid out as quads of the four, and a tap costs a load that spreads its quad
// over the lanes, a permutation by the code itself, and an FMA. No lists, no branches.
#include <immintrin.h>
#include <omp.h>

#include <algorithm>
#include <cstring>

#include "pooled_backward.h"
#include "scratch.h"

namespace striate::pooled {
namespace {

constexpr int MOST_TAPS = 27;            // in one pass
constexpr int WORTHWHILE = 54;           // two passes; with more, lists are faster
constexpr int64_t QUAD_BYTES = 24 << 10; // of a tile: most of the L1 cache

struct Sizes {
    int taps, passes, pass_taps, groups; // of the kernel; of a pass; of 16 filters
    int cells_h, cells_w, strip, strips; // pooled cells of an image, and their rows in a strip
    int row;                             // floats of a row of x that the cells see
    int64_t quads_row;                   // floats of a row of quads
    int64_t sums;                        // floats: (passes, groups, pass_taps + 1, 16)

    explicit Sizes(const ConvShape &s) {
        taps = s.kernel_h * s.kernel_w * s.channels;
        passes = (taps + MOST_TAPS - 1) / MOST_TAPS;
        const int each = (taps + passes - 1) / passes;
        pass_taps = each <= 9 ? 9 : each <= 18 ? 18 : each <= 25 ? 25 : MOST_TAPS;
        groups = (s.filters + 15) / 16;
        cells_h = s.out_h / 2, cells_w = s.out_w / 2;
        row = (2 * cells_w + s.kernel_w - 1) * s.channels;
        quads_row = 4 * ((row + 3) / 4 * 4);
        const int64_t rows = QUAD_BYTES / (quads_row * static_cast<int64_t>(sizeof(float)));
        strip = static_cast<int>(std::clamp<int64_t>((rows - s.kernel_h + 2) / 2, 1, cells_h));
        strips = (cells_h + strip - 1) / strip;
        sums = static_cast<int64_t>(passes) * groups * (pass_taps + 1) * 16;
    }
};

// One group of filters at the cells of a strip.
struct Strip {
    const uint8_t *code, *codes_end;
    const float *g, *quads;
    const int32_t *offsets; // of the pass's taps, in quads
    int64_t rows, columns, filters, quads_row, quads_column; // from a cell to the next
    __mmask16 there;
};

// Registers: TAPS sums, that of the bias, the codes, g and a permuted quad.
template <int TAPS> void add_strip(const Strip &t, float *sums) {
    __m512 sum[TAPS];
#pragma GCC unroll 32
    for (int i = 0; i < TAPS; ++i)
        sum[i] = _mm512_load_ps(sums + 16 * i);
    __m512 bias = _mm512_load_ps(sums + 16 * TAPS);
    const uint8_t *code = t.code;
    const float *g = t.g;
    for (int64_t i = 0; i < t.rows; ++i) {
        const float *quad = t.quads + i * t.quads_row;
        for (int64_t j = 0; j < t.columns; ++j) {
            const __m128i bytes = load_codes(code, t.codes_end);
            const __mmask16 alive = _mm_mask_cmplt_epu8_mask(t.there, bytes, _mm_set1_epi8(4));
            const __m512i won = _mm512_cvtepu8_epi32(bytes);
            const __m512 value = _mm512_maskz_loadu_ps(alive, g);
            bias = _mm512_add_ps(bias, value);
#pragma GCC unroll 32
            for (int k = 0; k < TAPS; ++k) {
                const __m512 four = _mm512_broadcast_f32x4(_mm_load_ps(quad + t.offsets[k]));
                sum[k] = _mm512_fmadd_ps(value, _mm512_permutevar_ps(four, won), sum[k]);
            }
            code += t.filters, g += t.filters, quad += t.quads_column;
        }
    }
#pragma GCC unroll 32
    for (int i = 0; i < TAPS; ++i)
        _mm512_store_ps(sums + 16 * i, sum[i]);
    _mm512_store_ps(sums + 16 * TAPS, bias);
}

void (*strip_kernel(int taps))(const Strip &, float *) {
    return taps == 9 ? add_strip<9> : taps == 18 ? add_strip<18> : taps == 25 ? add_strip<25>
                                                                              : add_strip<27>;
}

// Row `h` of an image with zeros around it: what the cells see.
void copy_row(const FiltersJob &job, const Sizes &z, int64_t n, int h, float *to) {
    const ConvShape &s = job.s;
    std::memset(to, 0, sizeof(float) * (z.row + SLACK));
    if (h < 0 || h >= s.in_h)
        return;
    const int columns = std::min(s.in_w, z.row / s.channels - s.pad_left);
    const float *from = job.x + (n * s.in_h + h) * s.in_w * s.x_row;
    to += s.pad_left * s.channels;
    if (s.x_row == s.channels)
        std::memcpy(to, from, sizeof(float) * std::max(0, columns) * s.channels);
    else
        for (int w = 0; w < columns; ++w)
            std::memcpy(to + w * s.channels, from + w * s.x_row, sizeof(float) * s.channels);
}

// Quads of two rows of x: the value, its right neighbour, and both of the row below.
void interleave(const float *upper, const float *lower, int channels, int64_t count, float *to) {
    for (int64_t i = 0; i < count; i += 4, to += 16) {
        __m128 a = _mm_loadu_ps(upper + i), b = _mm_loadu_ps(upper + i + channels);
        __m128 c = _mm_loadu_ps(lower + i), d = _mm_loadu_ps(lower + i + channels);
        _MM_TRANSPOSE4_PS(a, b, c, d);
        _mm_store_ps(to, a);
        _mm_store_ps(to + 4, b);
        _mm_store_ps(to + 8, c);
        _mm_store_ps(to + 12, d);
    }
}

// The quads of cell rows [top, bottom) of image n; `rows` has room for two rows of x.
void make_quads(const FiltersJob &job, const Sizes &z, int64_t n, int top, int bottom, float *rows,
                float *quads) {
    const ConvShape &s = job.s;
    float *upper = rows, *lower = rows + (z.row + SLACK + 15) / 16 * 16;
    copy_row(job, z, n, 2 * top - s.pad_top, upper);
    for (int i = 0; i < 2 * (bottom - top) + s.kernel_h - 2; ++i, quads += z.quads_row) {
        copy_row(job, z, n, 2 * top - s.pad_top + i + 1, lower);
        interleave(upper, lower, s.channels, z.row, quads);
        std::swap(upper, lower);
    }
}

// Adds strips [part) of all images to a thread's sums, for groups [groups).
int32_t run_part(const FiltersJob &job, const Sizes &z, const Slice &part, const Slice &groups,
                 float *sums) {
    const ConvShape &s = job.s;
    static thread_local Scratch scratch;
    const size_t quads_floats = z.quads_row * (2 * z.strip + s.kernel_h);
    const size_t row_floats = (z.row + SLACK + 15) / 16 * 16;
    const int rounded = z.passes * z.pass_taps;
    float *quads = scratch.floats(quads_floats + 2 * row_floats + rounded);
    if (quads == nullptr)
        return NO_MEMORY;
    float *rows = quads + quads_floats;
    int32_t *offsets = reinterpret_cast<int32_t *>(rows + 2 * row_floats);
    const int run = s.kernel_w * s.channels;
    for (int i = 0; i < rounded; ++i) // those behind the last tap are never looked at
        offsets[i] = i < z.taps ? static_cast<int32_t>(i / run * z.quads_row + 4 * (i % run)) : 0;
    const auto kernel = strip_kernel(z.pass_taps);
    for (int64_t i = part.begin; i < part.end; ++i) {
        const int64_t n = i / z.strips;
        const Slice cells(z.cells_h, z.strips, i % z.strips);
        make_quads(job, z, n, cells.begin, cells.end, rows, quads);
        for (int64_t pass = 0; pass < z.passes; ++pass)
            for (int64_t group = groups.begin; group < groups.end; ++group) {
                const int64_t at =
                    (n * z.cells_h + cells.begin) * z.cells_w * s.filters + 16 * group;
                const int left = std::min<int>(16, s.filters - 16 * group);
                const Strip strip = {
                    job.code + at, job.codes_end(), job.g + at, quads,
                    offsets + pass * z.pass_taps, cells.size(), z.cells_w, s.filters,
                    2 * z.quads_row, 8 * s.channels, _cvtu32_mask16((1u << left) - 1)};
                kernel(strip, sums + (pass * z.groups + group) * (z.pass_taps + 1) * 16);
            }
    }
    return OK;
}

// The sums to their places.
void write_out(const FiltersJob &job, const Sizes &z, const float *sums) {
    const int64_t pass_floats = static_cast<int64_t>(z.groups) * (z.pass_taps + 1) * 16;
    for (int o = 0; o < job.s.filters; ++o) {
        const float *its = sums + o / 16 * (z.pass_taps + 1) * 16 + o % 16;
        for (int i = 0; i < z.taps; ++i)
            job.dkernel[static_cast<int64_t>(o) * z.taps + i] =
                its[i / z.pass_taps * pass_floats + i % z.pass_taps * 16];
        job.dbias[o] = its[z.pass_taps * 16];
    }
}

} // namespace

bool few_taps(const ConvShape &s) { return s.kernel_h * s.kernel_w * s.channels <= WORTHWHILE; }

int32_t filters_by_quads(const FiltersJob &job, int threads) {
    const Sizes z(job.s);
    const int64_t strips = job.images * z.strips;
    // Parts of the images, with sums of their own; of the filters where there are too few images.
    const bool shared = strips >= 2 * threads || z.groups == 1;
    const int parts = shared ? static_cast<int>(std::clamp<int64_t>(strips, 1, threads)) : 1;
    const int across = parts > 1 ? 1 : std::min(threads, z.groups);
    static thread_local Scratch scratch;
    float *sums = scratch.floats(parts * z.sums);
    if (sums == nullptr)
        return NO_MEMORY;
    std::memset(sums, 0, sizeof(float) * parts * z.sums);
    int32_t status = OK;
#pragma omp parallel for num_threads(parts * across) schedule(static) reduction(max : status)
    for (int i = 0; i < parts * across; ++i) {
        const int part = i / across;
        status = std::max(status, run_part(job, z, Slice(strips, parts, part),
                                           Slice(z.groups, across, i % across),
                                           sums + part * z.sums));
    }
    for (int part = 1; part < parts; ++part)
        for (int64_t i = 0; i < z.sums; ++i)
            sums[i] += sums[part * z.sums + i];
    write_out(job, z, sums);
    return status;
}

} // namespace striate::pooled
