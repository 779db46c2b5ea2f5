"""Convolution and pooling on NumPy arrays: the arithmetic of the layers, open to look at."""

from __future__ import annotations

from striate.arrays.convolution import convolve2d as convolve2d
from striate.arrays.convolution import correlate2d as correlate2d
from striate.arrays.convolution import correlate2d_backward as correlate2d_backward
from striate.arrays.convolution import matrix_product as matrix_product
from striate.arrays.padding import dilate2d as dilate2d
from striate.arrays.padding import pad2d as pad2d
from striate.arrays.pooling import pool2d as pool2d
from striate.arrays.sizes import DroppedWarning as DroppedWarning
from striate.arrays.sizes import OutputSize as OutputSize
from striate.arrays.sizes import output_size as output_size
from striate.arrays.sizes import parameter_count as parameter_count
from striate.arrays.sizes import same_padding as same_padding
from striate.arrays.windows import WindowTrace as WindowTrace
from striate.arrays.windows import col2im as col2im
from striate.arrays.windows import im2col as im2col
from striate.arrays.windows import trace_window as trace_window
