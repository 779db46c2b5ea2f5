// Direct convolution in float32: sums stay in registers, input values are broadcast.
#include "direct_driver.h"
#include "direct_float32.h"

using namespace striate;

STRIATE_EXPORT size_t direct_conv_packed_size(const ConvShape *s) {
    return Pack<Float32>(*s, nullptr, false).size();
}

STRIATE_EXPORT int32_t direct_conv_pack(const ConvShape *s, const float *weights, int32_t turned,
                                        float *packed, int32_t threads) {
    Pack<Float32>(*s, weights, turned)(packed, threads);
    return OK;
}

STRIATE_EXPORT int32_t direct_conv(const ConvShape *shape, int64_t images,
                                   const ConvValues *values, int32_t threads) {
    return Direct<Float32>(*shape, *values).run(images, threads);
}
