// The gradient of a 3x3 convolution's weights and bias behind a max-pooling of overlapping windows,
// for few channels: a first layer's.
//
//   dkernel[o][kh][kw][c] = sum over cells of g[cell][o] x[cell's place + winner's place + kh, kw][c]
//
// Only the winner of each window has a gradient, so the sum goes over the pooled cells, not over
// the convolution's pixels, of which there are several times as many. Lanes are filters, whose
// winners differ. All values that a cell's winner may have met fit two registers, (window + 2)
// rows and columns of one channel; each tap of a lane's winner is a permutation of them.
#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "conv.h"
#include "scratch.h"
#include "slice.h"
#include "vectors.h"

namespace striate {
namespace {

constexpr int TAPS = 9, PATCH = 32; // of a channel; values of two registers
constexpr int SHUT = 255;           // the code of a value that ReLU made 0
constexpr int MOST_CHANNELS = 8;

struct Job {
    const ConvShape &conv, &pool;
    int64_t images;
    const float *x;
    const uint8_t *code;
    const float *g;
    float *dkernel, *dbias;

    int rows() const { return pool.kernel_h + 2; } // of a patch
    int columns() const { return pool.kernel_w + 2; }
    int high() const { return (pool.out_h - 1) * pool.stride_h + rows(); } // of what cells see
    int wide() const { return (pool.out_w - 1) * pool.stride_w + columns(); }
    int cells() const { return pool.out_h * pool.out_w; }
    int groups() const { return (pool.filters + LANES - 1) / LANES; }
    int64_t sums() const { return int64_t{groups()} * (conv.channels * TAPS + 1) * LANES; }
};

// One channel of an image with zeros around: what the cells see. Eight values behind stay unset.
void lay_out(const Job &job, const float *image, int channel, float *plane) {
    const ConvShape &s = job.conv;
    const int top = s.pad_top + job.pool.pad_top, left = s.pad_left + job.pool.pad_left;
    for (int h = 0; h < job.high(); ++h)
        for (int w = 0; w < job.wide(); ++w) {
            const int i = h - top, j = w - left;
            const bool there = i >= 0 && i < s.in_h && j >= 0 && j < s.in_w;
            *plane++ = there ? image[(int64_t{i} * s.in_w + j) * s.x_row + channel] : 0.0f;
        }
}

// The patches of all cells of a channel; a row is stored with what follows it, which the next row
// overwrites.
void cut_out(const Job &job, const float *plane, float *patch) {
    for (int i = 0; i < job.pool.out_h; ++i)
        for (int j = 0; j < job.pool.out_w; ++j, patch += PATCH) {
            const float *from = plane + i * job.pool.stride_h * job.wide() + j * job.pool.stride_w;
            for (int r = 0; r < job.rows(); ++r)
                _mm256_storeu_ps(patch + r * job.columns(),
                                 _mm256_loadu_ps(from + r * job.wide()));
        }
}

// Where a winner's first tap is in a patch, by its code.
__m512i places(const Job &job) {
    alignas(64) int32_t found[LANES] = {};
    for (int i = 0; i < job.pool.kernel_h * job.pool.kernel_w; ++i)
        found[i] = i / job.pool.kernel_w * job.columns() + i % job.pool.kernel_w;
    return _mm512_load_si512(found);
}

// Adds an image's sums of 16 filters and one channel: 9 sums, 2 registers of a patch, the winners'
// places, g, an index and a value: 15 of 32. `bias` is null but for the first channel.
void add(const Job &job, const float *patch, const uint8_t *code, const float *g, __mmask16 in,
         float *sums, float *bias) {
    const __m512i place = places(job);
    __m512 sum[TAPS], total = _mm512_setzero_ps();
#pragma GCC unroll 9
    for (int t = 0; t < TAPS; ++t)
        sum[t] = _mm512_setzero_ps();
    const int columns = job.columns(), filters = job.pool.filters;
    for (int cell = 0; cell < job.cells(); ++cell, patch += PATCH, code += filters, g += filters) {
        const __m128i its = _mm_maskz_loadu_epi8(in, code);
        const __mmask16 open =
            _mm_mask_cmpneq_epi8_mask(in, its, _mm_set1_epi8(static_cast<char>(SHUT)));
        const __m512 value = _mm512_maskz_loadu_ps(open, g);
        const __m512i winner = _mm512_maskz_cvtepu8_epi32(open, its);
        const __m512i first = _mm512_maskz_permutexvar_epi32(open, winner, place);
        const __m512 low = _mm512_load_ps(patch), high = _mm512_load_ps(patch + LANES);
        total = _mm512_add_ps(total, value);
#pragma GCC unroll 9
        for (int t = 0; t < TAPS; ++t) {
            const __m512i at = _mm512_add_epi32(first, _mm512_set1_epi32(t / 3 * columns + t % 3));
            sum[t] = _mm512_fmadd_ps(_mm512_permutex2var_ps(low, at, high), value, sum[t]);
        }
    }
#pragma GCC unroll 9
    for (int t = 0; t < TAPS; ++t)
        _mm512_store_ps(sums + t * LANES,
                        _mm512_add_ps(_mm512_load_ps(sums + t * LANES), sum[t]));
    if (bias != nullptr)
        _mm512_store_ps(bias, _mm512_add_ps(_mm512_load_ps(bias), total));
}

// Adds the images and groups of 16 filters of a thread to its sums, (groups, channels, taps, 16)
// and (groups, 16).
Status share(const Job &job, const Slice &units, float *sums) {
    thread_local Scratch memory;
    const int64_t patches = int64_t{job.cells()} * PATCH, groups = job.groups();
    const int64_t plane = job.high() * job.wide() + LANES;
    const int channels = job.conv.channels;
    float *patch = memory.floats(channels * patches + plane);
    if (patch == nullptr)
        return NO_MEMORY;
    for (int64_t unit = units.begin; unit < units.end; ++unit) {
        const int64_t image = unit / groups, group = unit % groups;
        if (unit == units.begin || group == 0)
            for (int c = 0; c < channels; ++c) {
                float *its = patch + channels * patches;
                lay_out(job, job.x + image * job.conv.in_h * job.conv.in_w * job.conv.x_row, c, its);
                cut_out(job, its, patch + c * patches);
            }
        const int64_t at = image * job.cells() * job.pool.filters + group * LANES;
        float *bias = sums + groups * channels * TAPS * LANES + group * LANES;
        for (int c = 0; c < channels; ++c)
            add(job, patch + c * patches, job.code + at, job.g + at,
                lanes(job.pool.filters - group * LANES),
                sums + (group * channels + c) * TAPS * LANES, c == 0 ? bias : nullptr);
    }
    return OK;
}

// The sums of all threads, as (filters, 3, 3, channels) and (filters).
void finish(const Job &job, const float *sums, int threads) {
    const int64_t each = job.sums(), channels = job.conv.channels;
    const auto sum = [&](int64_t at) {
        float found = sums[at];
        for (int i = 1; i < threads; ++i)
            found += sums[at + i * each];
        return found;
    };
    for (int64_t o = 0; o < job.pool.filters; ++o) {
        const int64_t group = o / LANES, lane = o % LANES;
        for (int64_t c = 0; c < channels; ++c)
            for (int64_t t = 0; t < TAPS; ++t)
                job.dkernel[(o * TAPS + t) * channels + c] =
                    sum(((group * channels + c) * TAPS + t) * LANES + lane);
        job.dbias[o] = sum(job.groups() * channels * TAPS * LANES + o);
    }
}

bool suitable(const ConvShape &conv, const ConvShape &pool) {
    const bool kernel = conv.kernel_h == 3 && conv.kernel_w == 3 && conv.stride_h == 1 &&
                        conv.stride_w == 1 && conv.dilation_h == 1 && conv.dilation_w == 1;
    const int rows = pool.kernel_h + 2, columns = pool.kernel_w + 2;
    return kernel && conv.channels <= MOST_CHANNELS && columns <= 8 &&
           (rows - 1) * columns + 8 <= PATCH && pool.kernel_h * pool.kernel_w <= LANES;
}

} // namespace
} // namespace striate

using namespace striate;

// Whether the kernel does a convolution with the pooling of its result.
STRIATE_EXPORT int32_t window_pool_filters_suitable(const ConvShape *conv, const ConvShape *pool) {
    return suitable(*conv, *pool);
}

// dkernel (filters, 3, 3, channels) and dbias (filters) from the convolution's x, and what
// `window_pool` noted, and the gradient of its result, both without gaps.
STRIATE_EXPORT int32_t window_pool_filters(const ConvShape *conv, const ConvShape *pool,
                                           int64_t images, const float *x, const uint8_t *code,
                                           const float *g, float *dkernel, float *dbias,
                                           int32_t threads) {
    if (!suitable(*conv, *pool))
        return UNSUITABLE;
    thread_local Scratch memory;
    const Job job{*conv, *pool, images, x, code, g, dkernel, dbias};
    float *sums = memory.floats(job.sums() * threads);
    if (sums == nullptr)
        return NO_MEMORY;
    std::fill(sums, sums + job.sums() * threads, 0.0f);
    int failed = 0;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(| : failed)
    for (int t = 0; t < threads; ++t)
        failed |= share(job, Slice(images * job.groups(), threads, t), sums + t * job.sums());
    finish(job, sums, threads);
    return failed ? NO_MEMORY : OK;
}
