// What the batch normalisation of a training step is told (kernels/batch_norm.py mirrors it).
//
// It is joined with what follows: y = activation(gamma (x - mean) / sqrt(variance + epsilon) + beta
// + add). A map is seen as rows of channels: (N H W, C) of floats without gaps.
#pragma once

#include "conv.h"

namespace striate {

struct Norm {
    int64_t rows;
    int32_t channels;
    int32_t activation; // Activation
    float number;       // its cap or slope
    float epsilon;
    float momentum; // share that the moving statistics keep
};

struct NormForward {
    const float *x, *gamma, *beta; // gamma or beta null: 1 or 0
    const float *add;              // as x, or null
    float *y;
    uint16_t *open; // per row and 16 channels, where the activation lets gradients through; or null
    float *mean, *inverse, *rest; // of this batch; inverse: 1 / sqrt(variance + epsilon);
                                  // rest: the mean in float64 less the mean
    float *moving_mean, *moving_variance; // moved; the variance is divided by rows
};

struct NormBackward {
    const float *x, *gamma, *beta, *mean, *inverse, *rest;
    const float *g;       // gradient of y
    const uint16_t *open; // what the forward pass left; null: found again from x
    float *dx, *dadd;     // null: not wanted
    float *dgamma, *dbeta;
};

} // namespace striate
