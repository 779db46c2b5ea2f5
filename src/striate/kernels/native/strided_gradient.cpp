// The gradient of a convolution's input, made for strides above 1.
//
//   dx[i][c] = sum over filters o and taps k with i + pad - k dilation = stride j: g[j][o] w[o][k][c]
//
// Pixels of dx whose i + pad leaves the same remainder meet the same taps: such a phase is a dense
// convolution of g by a part of the kernel, in the tiles of the direct convolution (lanes are
// channels, values of g are broadcast), whose sums then go to their pixels. g is read from a copy
// with zeros around it and 0 where a ReLU gave 0. Every pixel is summed up in one order, however
// many threads share the work.
#include <algorithm>
#include <memory>
#include <new>

#include "direct_float32.h"
#include "direct_tile.h"
#include "scratch.h"
#include "slice.h"

using namespace striate;

namespace {

constexpr int64_t COPY_VALUES = 32768; // of g in a chunk, about: half of them leave room in L2

// Rows or columns. With i + pad = stride q + r, r the remainder, a tap k of the remainder's meets
// j = q - shift(k).
struct Axis {
    int64_t in, out, stride, dilation, kernel, pad;

    int64_t first() const { return pad / stride; }                // the least q
    int64_t count() const { return (in - 1 + pad) / stride - first() + 1; } // how many q there are
    int64_t reach() const { return (kernel - 1) * dilation / stride; } // the largest shift
    int64_t remainder(int64_t tap) const { return tap * dilation % stride; }
    int64_t shift(int64_t tap) const { return tap * dilation / stride; }
    int64_t place(int64_t q, int64_t r) const { return stride * q + r - pad; }
};

struct Phase {
    int64_t row, column;          // remainders
    int64_t first_run, last_run;  // of its taps
    int64_t first_packed;         // its first packed row
};

// Images [image, image + images), q of rows [top, bottom).
struct Piece {
    int64_t image, images, top, bottom;
};

struct Job {
    const ConvShape &s;
    int64_t images;
    const float *packed, *g, *mask;
    float *dx;
};

constexpr int64_t BLOCK = 2 * LANES; // channels

using Function = void (*)(const Work &, const float *, const int64_t *, int64_t, float *);

template <int B, size_t... P>
constexpr std::array<Function, GROUP> table(std::index_sequence<P...>) {
    return {Tile<Float32, static_cast<int>(P) + 1, B>::run...};
}
template <int B>
constexpr std::array<Function, GROUP> TILES = table<B>(std::make_index_sequence<GROUP>());

class Gradient {
  public:
    explicit Gradient(const ConvShape &shape)
        : s(shape), down{s.in_h, s.out_h, s.stride_h, s.dilation_h, s.kernel_h, s.pad_top},
          right{s.in_w, s.out_w, s.stride_w, s.dilation_w, s.kernel_w, s.pad_left},
          width(right.count() + right.reach()), line(width * s.filters),
          depth(static_cast<int64_t>(s.kernel_h) * s.kernel_w * s.filters) {}

    // Packed rows: by phases, their taps, filters; a row is 32 channels, or the last 16.
    size_t packed_size() const { return depth * ((s.channels + LANES - 1) / LANES * LANES); }

    void pack(const float *weights, float *packed, int threads) const {
        const int64_t all = static_cast<int64_t>(s.kernel_h) * s.kernel_w * s.channels;
#pragma omp parallel for num_threads(threads) schedule(static)
        for (int64_t c = 0; c < s.channels; c += BLOCK) {
            const int64_t lanes_of_row = row_width(c);
            float *row = packed + c * depth;
            each_phase([&](int64_t r, int64_t q) {
                each_tap(r, q, [&](int64_t h, int64_t w) {
                    const float *from = weights + (h * s.kernel_w + w) * s.channels + c;
                    for (int64_t o = 0; o < s.filters; ++o, row += lanes_of_row)
                        for (int64_t lane = 0; lane < lanes_of_row; lane += LANES)
                            _mm512_storeu_ps(row + lane,
                                             _mm512_maskz_loadu_ps(lanes(s.channels - c - lane),
                                                                   from + o * all + lane));
                });
            });
        }
    }

    Status run(const Job &job, int threads) {
        if (!plan())
            return NO_MEMORY;
        const int64_t bands = count_bands(job.images, threads);
        const int64_t rows = (down.count() + bands - 1) / bands;
        const int64_t fit = std::max<int64_t>(1, COPY_VALUES / ((rows + down.reach()) * line));
        int64_t groups = (job.images + fit - 1) / fit;
        groups = std::min((groups + threads - 1) / threads * threads, job.images);
        const int64_t blocks = (s.channels + BLOCK - 1) / BLOCK;
        const int64_t across = std::clamp<int64_t>(threads / (groups * bands), 1, blocks);
        most = ((job.images + groups - 1) / groups) * rows;
        int failed = 0;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(| : failed)
        for (int64_t i = 0; i < groups * bands * across; ++i) {
            const int64_t part = i / across;
            const Slice images(job.images, groups, part / bands);
            const Slice band(down.count(), bands, part % bands);
            const Slice some(blocks, across, i % across);
            failed |= share(job, {images.begin, images.size(), band.begin, band.end}, some);
        }
        return failed ? NO_MEMORY : OK;
    }

  private:
    int64_t row_width(int64_t channel) const {
        return s.channels - channel > LANES ? BLOCK : int64_t{LANES};
    }

    template <class Each> void each_phase(Each each) const {
        for (int64_t r = 0; r < s.stride_h; ++r)
            for (int64_t q = 0; q < s.stride_w; ++q)
                each(r, q);
    }

    // Calls each(h, w) for the taps that pixels of these remainders meet.
    template <class Each> void each_tap(int64_t row, int64_t column, Each each) const {
        for (int64_t h = 0; h < s.kernel_h; ++h)
            for (int64_t w = 0; w < s.kernel_w; ++w)
                if (down.remainder(h) == row && right.remainder(w) == column)
                    each(h, w);
    }

    // Finds the phases and their runs; false if there is no memory.
    bool plan() {
        phases.reset(new (std::nothrow) Phase[s.stride_h * s.stride_w]);
        runs.reset(new (std::nothrow) Run[s.kernel_h * s.kernel_w]);
        if (!phases || !runs)
            return false;
        int64_t run = 0;
        each_phase([&](int64_t r, int64_t q) {
            Phase &phase = phases[num_phases++];
            phase = {r, q, run, run, run * s.filters};
            each_tap(r, q, [&](int64_t h, int64_t w) {
                const int64_t rows = down.reach() - down.shift(h);
                const int64_t columns = right.reach() - right.shift(w);
                runs[run++] = {rows * line + columns * s.filters, s.filters};
            });
            phase.last_run = run;
        });
        return true;
    }

    // Bands of rows of an image: what fits, and enough of them for the threads.
    int64_t count_bands(int64_t images, int64_t threads) const {
        const int64_t fit = std::max<int64_t>(1, COPY_VALUES / line - down.reach());
        const int64_t enough = images > 0 ? (threads + images - 1) / images : 1;
        return std::min(std::max((down.count() + fit - 1) / fit, enough), down.count());
    }

    // Some blocks of channels of a piece.
    Status share(const Job &job, const Piece &piece, const Slice &blocks) const {
        thread_local Scratch memory;
        const int64_t high = piece.bottom - piece.top + down.reach();
        const int64_t copy = (piece.images * high * line + LANES - 1) / LANES * LANES;
        const int64_t pixels = most * right.count();
        float *place = memory.floats(copy + GROUP * BLOCK + 4 * pixels);
        if (place == nullptr)
            return NO_MEMORY;
        float *sums = place + copy;
        int64_t *at = reinterpret_cast<int64_t *>(sums + GROUP * BLOCK), *to = at + pixels;
        copy_g(job, piece, place);
        for (int64_t p = 0; p < num_phases; ++p) {
            const Phase &phase = phases[p];
            const int64_t count = list(piece, phase, at, to);
            for (int64_t c = blocks.begin * BLOCK; c < std::min<int64_t>(blocks.end * BLOCK, s.channels);
                 c += BLOCK)
                tiles(job, phase, c, place, at, to, count, sums);
        }
        return OK;
    }

    // g of a piece with zeros around it: (images, rows, width, filters).
    void copy_g(const Job &job, const Piece &piece, float *place) const {
        const int64_t before = std::clamp<int64_t>(right.reach() - right.first(), 0, width);
        const int64_t skipped = std::max<int64_t>(right.first() - right.reach(), 0);
        const int64_t columns = std::clamp<int64_t>(s.out_w - skipped, 0, width - before);
        for (int64_t n = piece.image; n < piece.image + piece.images; ++n)
            for (int64_t q = piece.top - down.reach(); q < piece.bottom; ++q, place += line) {
                const int64_t row = q + down.first();
                if (row < 0 || row >= s.out_h) {
                    std::memset(place, 0, line * sizeof(float));
                    continue;
                }
                float *first = place + before * s.filters, *end = first + columns * s.filters;
                std::memset(place, 0, before * s.filters * sizeof(float));
                std::memset(end, 0, (place + line - end) * sizeof(float));
                copy_pixels(job, (n * s.out_h + row) * s.out_w + skipped, columns, first);
            }
    }

    void copy_pixels(const Job &job, int64_t pixel, int64_t count, float *place) const {
        const float *g = job.g + pixel * s.filters;
        if (job.mask == nullptr) {
            std::memcpy(place, g, count * s.filters * sizeof(float));
            return;
        }
        const float *mask = job.mask + pixel * s.y_row;
        if (s.y_row == s.filters) {
            copy_masked(g, mask, count * s.filters, place);
            return;
        }
        for (; count > 0; --count, g += s.filters, mask += s.y_row, place += s.filters)
            copy_masked(g, mask, s.filters, place);
    }

    static void copy_masked(const float *g, const float *mask, int64_t count, float *place) {
        for (int64_t i = 0; i < count; i += LANES) {
            const __mmask16 in = lanes(count - i);
            const __m512 m = _mm512_maskz_loadu_ps(in, mask + i);
            // a NaN is not below or at 0: it stays visible
            const __mmask16 open = _mm512_mask_cmp_ps_mask(in, m, _mm512_setzero_ps(), _CMP_NLE_UQ);
            store(place + i, in, _mm512_maskz_loadu_ps(open, g + i));
        }
    }

    // The pixels of a phase: where their first values of the copy lie, and the pixels in dx.
    int64_t list(const Piece &piece, const Phase &phase, int64_t *at, int64_t *to) const {
        const int64_t high = piece.bottom - piece.top + down.reach();
        int64_t count = 0;
        for (int64_t n = 0; n < piece.images; ++n)
            for (int64_t q = piece.top; q < piece.bottom; ++q) {
                const int64_t i = down.place(q + down.first(), phase.row);
                if (i < 0 || i >= s.in_h)
                    continue;
                const int64_t from = (n * high + q - piece.top) * line;
                const int64_t row = ((piece.image + n) * s.in_h + i) * s.in_w;
                for (int64_t p = 0; p < right.count(); ++p) {
                    const int64_t j = right.place(p + right.first(), phase.column);
                    if (j < 0 || j >= s.in_w)
                        continue;
                    at[count] = from + p * s.filters, to[count++] = row + j;
                }
            }
        return count;
    }

    void tiles(const Job &job, const Phase &phase, int64_t channel, const float *base,
               const int64_t *at, const int64_t *to, int64_t count, float *sums) const {
        const ConvValues none{}; // no bias
        const int64_t wide = row_width(channel);
        Work work{s, none, Activated(s), runs.get(), phase.first_run, phase.last_run, true, false,
                  false};
        work.weights = job.packed + channel * depth + phase.first_packed * wide;
        const int64_t turns = (count + GROUP - 1) / GROUP;
        for (int64_t turn = 0; turn < turns; ++turn) {
            const Slice slice(count, turns, turn);
            const auto &sizes = wide == BLOCK ? TILES<2> : TILES<1>;
            sizes[slice.size() - 1](work, base, at + slice.begin, 0, sums);
            for (int64_t p = 0; p < slice.size(); ++p)
                for (int64_t lane = 0; lane < wide; lane += LANES)
                    store(job.dx + to[slice.begin + p] * s.channels + channel + lane,
                          lanes(s.channels - channel - lane),
                          _mm512_load_ps(sums + p * wide + lane));
        }
    }

    const ConvShape &s;
    const Axis down, right;
    const int64_t width, line, depth; // of the copy: pixels, values of a row; packed rows in all
    std::unique_ptr<Phase[]> phases;
    std::unique_ptr<Run[]> runs;
    int64_t num_phases = 0, most = 0; // most rows of a piece
};

} // namespace

STRIATE_EXPORT size_t strided_gradient_packed_size(const ConvShape *s) {
    return Gradient(*s).packed_size();
}

STRIATE_EXPORT int32_t strided_gradient_pack(const ConvShape *s, const float *weights,
                                             float *packed, int32_t threads) {
    Gradient(*s).pack(weights, packed, threads);
    return OK;
}

// dx (images, in_h, in_w, channels) from g (images, out_h, out_w, filters), which counts as 0 where
// `mask`, as g with rows of y_row, is not above 0; null: everywhere.
STRIATE_EXPORT int32_t strided_gradient(const ConvShape *shape, int64_t images, const float *packed,
                                        const float *g, const float *mask, float *dx,
                                        int32_t threads) {
    return images ? Gradient(*shape).run({*shape, images, packed, g, mask, dx}, threads) : OK;
}
