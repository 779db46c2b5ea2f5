// What the batch normalisation of a training step is told (kernels/batch_norm.py mirrors it).
//
// It is joined with what follows: y = activation(gamma (x - mean) / sqrt(variance + epsilon) + beta
// + add). A map is seen as rows of channels: (N H W, C) without gaps, of T: float or Bfloat16.
#pragma once

#include "conv.h"
#include "map_values.h"

namespace striate {

struct Norm {
    int64_t rows;
    int32_t channels;
    int32_t activation; // Activation
    float number;       // its cap or slope
    float epsilon;
    float momentum; // share that the moving statistics keep
    int32_t half;   // maps are of Bfloat16; all else is of float
};

template <class T> struct NormForward {
    const T *x;
    const float *gamma, *beta; // null: 1 or 0
    const T *add;              // as x, or null
    T *y;
    uint16_t *open; // per row and 16 channels, where the activation lets gradients through; or null
    float *mean, *inverse, *rest; // of this batch; inverse: 1 / sqrt(variance + epsilon);
                                  // rest: the mean in float64 less the mean
    float *moving_mean, *moving_variance; // moved; the variance is divided by rows
};

template <class T> struct NormBackward {
    const T *x;
    const float *gamma, *beta, *mean, *inverse, *rest;
    const T *g;           // gradient of y
    const uint16_t *open; // what the forward pass left; null: found again from x
    T *dx, *dadd;         // null: not wanted
    float *dgamma, *dbeta;
};

} // namespace striate
