// Blocks of a network in training, one after the other: forward in one call, backward in another.
//
// Each block's kernels are those it would run alone; what is saved is the way through Python from
// one to the next, and waking threads for kernels with so little work that it costs more.
#include <algorithm>

#include "conv.h"

using namespace striate;

namespace {

using Pack = int32_t(const ConvShape *, const float *, int32_t, float *, int32_t);
using Run = int32_t(const ConvShape *, int64_t, const ConvValues *, int32_t);
using PlainFilters = int32_t(const ConvShape *, int64_t, const float *x, const float *g,
                             const float *mask, float *dkernel, float *dbias, int32_t);
using PooledFilters = int32_t(const ConvShape *, int64_t, const float *x, const uint8_t *code,
                              const float *g, float *dkernel, float *dbias, int32_t);
using StridedPack = int32_t(const ConvShape *, const float *, float *, int32_t);
using StridedData = int32_t(const ConvShape *, int64_t, const float *packed, const float *g,
                            const float *mask, float *dx, int32_t);
using Product = int32_t(const ConvShape *, int64_t, const float *x, const float *weights,
                        const float *bias, float *y, int32_t);
using ProductGradients = int32_t(const ConvShape *, int64_t, const float *x, const float *weights,
                                 const float *mask, const float *g, float *dx, int32_t adds,
                                 float *dweights, float *dbias, int32_t);
using PooledData = int32_t(const ConvShape *, int64_t, const float *weights, const uint8_t *code,
                           const float *g, float *dx, int32_t);

// How a block finds the gradient of its input.
enum Way : int64_t {
    NOT = 0,     // not at all
    TURNED = 1,  // a convolution with turned weights
    STRIDED = 2, // strided_gradient
    POOLED = 3,  // pooled_backward_data; that of the weights is pooled_backward_filters'
    PRODUCT = 4, // one_by_one_gradients, with that of the weights; `run` is one_by_one
};

// A block's kernels (kernels/chain.py mirrors it).
struct Block {
    const ConvShape *shape, *filters_shape, *data_shape;
    Pack *pack;
    void *run; // Run, or Product
    void *filters, *data, *data_pack;
    int64_t way;  // Way
    int64_t work; // multiply-adds of an image
    int64_t relu; // whether the result is a mask of its gradient
    int64_t pools;
};

// A block's values in one call.
struct Places {
    const float *weights, *bias;
    float *y;              // its result
    uint8_t *code;         // or null, without pooling
    float *dweights, *dbias; // or null, where they are not wanted
};

struct Chain {
    const Block *blocks;
    const Places *places;
    int64_t count, images;
    const float *x;
    float *packed; // room for the weights of any block, as any kernel reads them
    int32_t threads;

    int32_t threads_of(const Block &block) const {
        constexpr int64_t LEAST_WORK = 400'000; // what a thread does while another one is woken
        return block.work * images < LEAST_WORK ? 1 : threads;
    }
    const float *input(int64_t i) const { return i ? places[i - 1].y : x; }
};

int32_t forward(const Chain &c, int64_t i) {
    const Block &block = c.blocks[i];
    const Places &place = c.places[i];
    const int32_t threads = c.threads_of(block);
    if (block.way == PRODUCT)
        return reinterpret_cast<Product *>(block.run)(block.shape, c.images, c.input(i),
                                                      place.weights, place.bias, place.y, threads);
    const int32_t status = block.pack(block.shape, place.weights, 0, c.packed, threads);
    if (status != OK)
        return status;
    ConvValues values{};
    values.x = c.input(i), values.packed = c.packed, values.bias = place.bias;
    values.y = place.y, values.code = place.code;
    return reinterpret_cast<Run *>(block.run)(block.shape, c.images, &values, threads);
}

int32_t backward_filters(const Chain &c, int64_t i, const float *g) {
    const Block &block = c.blocks[i];
    const Places &place = c.places[i];
    const int32_t threads = c.threads_of(block);
    if (block.pools)
        return reinterpret_cast<PooledFilters *>(block.filters)(
            block.filters_shape, c.images, c.input(i), place.code, g, place.dweights, place.dbias,
            threads);
    return reinterpret_cast<PlainFilters *>(block.filters)(
        block.filters_shape, c.images, c.input(i), g, block.relu ? place.y : nullptr,
        place.dweights, place.dbias, threads);
}

int32_t backward_data(const Chain &c, int64_t i, const float *g, float *dx) {
    const Block &block = c.blocks[i];
    const Places &place = c.places[i];
    const int32_t threads = c.threads_of(block);
    const float *mask = block.relu ? place.y : nullptr;
    if (block.way == POOLED)
        return reinterpret_cast<PooledData *>(block.data)(block.data_shape, c.images, place.weights,
                                                          place.code, g, dx, threads);
    if (block.way == STRIDED) {
        const int32_t status = reinterpret_cast<StridedPack *>(block.data_pack)(
            block.data_shape, place.weights, c.packed, threads);
        return status != OK ? status
                            : reinterpret_cast<StridedData *>(block.data)(
                                  block.data_shape, c.images, c.packed, g, mask, dx, threads);
    }
    const int32_t status = reinterpret_cast<Pack *>(block.data_pack)(
        block.data_shape, place.weights, 1, c.packed, threads);
    if (status != OK)
        return status;
    ConvValues values{};
    values.x = g, values.mask = mask, values.packed = c.packed, values.y = dx;
    return reinterpret_cast<Run *>(block.data)(block.data_shape, c.images, &values, threads);
}

// The gradients of a block that are wanted; dx may be null.
int32_t backward(const Chain &c, int64_t i, const float *g, float *dx) {
    const Block &block = c.blocks[i];
    const Places &place = c.places[i];
    if (block.way == PRODUCT)
        return reinterpret_cast<ProductGradients *>(block.filters)(
            block.shape, c.images, c.input(i), place.weights, block.relu ? place.y : nullptr, g, dx,
            0, place.dweights, place.dbias, c.threads_of(block));
    const int32_t status = place.dweights ? backward_filters(c, i, g) : OK;
    return status != OK || dx == nullptr ? status : backward_data(c, i, g, dx);
}

} // namespace

STRIATE_EXPORT int32_t chain_forward(const Block *blocks, const Places *places, int64_t count,
                                     int64_t images, const float *x, float *packed,
                                     int32_t threads) {
    const Chain chain{blocks, places, count, images, x, packed, threads};
    for (int64_t i = 0; i < count; ++i) {
        const int32_t status = forward(chain, i);
        if (status != OK)
            return status;
    }
    return OK;
}

// From the gradient g of the last result down to block `lowest`, whose input's gradient goes to dx,
// or is not wanted (null). `between`: room for two gradients of any value between blocks.
STRIATE_EXPORT int32_t chain_backward(const Block *blocks, const Places *places, int64_t count,
                                      int64_t images, const float *x, float *packed, int64_t lowest,
                                      const float *g, float *const *between, float *dx,
                                      int32_t threads) {
    const Chain chain{blocks, places, count, images, x, packed, threads};
    for (int64_t i = count - 1; i >= lowest; --i) {
        float *target = i > lowest ? between[i % 2] : dx;
        const int32_t status = backward(chain, i, g, target);
        if (status != OK)
            return status;
        g = target;
    }
    return OK;
}
