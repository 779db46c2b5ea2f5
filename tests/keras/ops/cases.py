"""One expression per case, written once for data, for symbols and for the real Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

RNG = np.random.default_rng(7)
A = RNG.uniform(0.1, 0.9, size=(2, 4, 6, 3)).astype("float32")
B = RNG.uniform(0.1, 0.9, size=(2, 4, 6, 3)).astype("float32")
WHOLE = RNG.integers(-5, 5, size=(2, 4, 6, 3)).astype("int32")
ROW = np.array([0.2, 0.5, 0.7], dtype="float32")
KERNEL = RNG.normal(size=(3, 3, 3, 5)).astype("float32")
DEPTHWISE = RNG.normal(size=(3, 3, 3, 2)).astype("float32")
LABELS = RNG.integers(0, 3, size=(2, 4)).astype("int32")

Case = Callable[..., Any]

_ONE = """
exp exp2 expm1 log log10 log1p log2 sqrt rsqrt sin cos tan arcsin arccos arctan sinh cosh tanh
arcsinh arctanh erf erfinv reciprocal deg2rad rad2deg ceil floor sigmoid log_sigmoid softplus
softsign silu swish gelu elu selu celu hard_sigmoid hard_silu hard_swish hard_tanh hard_shrink
soft_shrink tanh_shrink squareplus leaky_relu sparse_plus sparse_sigmoid sign round trunc relu
relu6 copy square isnan isinf isfinite logical_not zeros_like ones_like negative abs absolute
cumsum ravel sort argsort softmax log_softmax normalize max min mean sum prod std var any all
argmax argmin count_nonzero logsumexp median stop_gradient nan_to_num
"""
_TWO = """
maximum minimum arctan2 divide_no_nan logaddexp equal not_equal greater greater_equal less
less_equal logical_xor add subtract multiply divide floor_divide mod power true_divide
logical_and logical_or binary_crossentropy
"""


def _one(name: str) -> Case:
    return lambda o, a, b, w: getattr(o, name)(a)


def _two(name: str) -> Case:
    return lambda o, a, b, w: getattr(o, name)(a, b)


# o: the module of functions; a, b: floats, w: whole numbers, all (2, 4, 6, 3)
CASES: dict[str, Case] = {
    **{name: _one(name) for name in _ONE.split()},
    **{name: _two(name) for name in _TWO.split()},
    "exp of whole": lambda o, a, b, w: o.exp(w),
    "sum of whole": lambda o, a, b, w: o.sum(w, axis=-1),
    "mean of whole": lambda o, a, b, w: o.mean(w, axis=1),
    "relu of whole": lambda o, a, b, w: o.relu(w),
    "max with a number": lambda o, a, b, w: o.maximum(w, 0),
    "max with a fraction": lambda o, a, b, w: o.maximum(w, 0.5),
    "row": lambda o, a, b, w: o.minimum(a, ROW),
    "float and whole": lambda o, a, b, w: o.add(a, w),
    "clip": lambda o, a, b, w: o.clip(a, 0.3, 0.6),
    "cast": lambda o, a, b, w: o.cast(w, "float32"),
    "cast down": lambda o, a, b, w: o.cast(a * 10, "int32"),
    "saturate_cast": lambda o, a, b, w: o.saturate_cast(w, "uint8"),
    "where": lambda o, a, b, w: o.where(o.greater(a, 0.5), a, b),
    "where number": lambda o, a, b, w: o.where(o.greater(a, 0.5), a, 0.0),
    "full_like": lambda o, a, b, w: o.full_like(a, 2),
    "threshold": lambda o, a, b, w: o.nn.threshold(a, 0.5, 0.1),
    "round to": lambda o, a, b, w: o.round(a, 1),
    "mean of places": lambda o, a, b, w: o.mean(a, axis=(1, 2)),
    "mean kept": lambda o, a, b, w: o.mean(a, axis=[1, 2], keepdims=True),
    "max of channels": lambda o, a, b, w: o.max(a, axis=-1, keepdims=True),
    "prod of an axis": lambda o, a, b, w: o.prod(a, axis=2),
    "var of an axis": lambda o, a, b, w: o.var(a, axis=1),
    "median of an axis": lambda o, a, b, w: o.median(a, axis=1),
    "median of places": lambda o, a, b, w: o.median(a, axis=(1, 2), keepdims=True),
    "average": lambda o, a, b, w: o.average(a, axis=1),
    "any of an axis": lambda o, a, b, w: o.any(o.greater(a, 0.8), axis=1),
    "argmax of an axis": lambda o, a, b, w: o.argmax(a, axis=-1),
    "argmin kept": lambda o, a, b, w: o.argmin(a, axis=1, keepdims=True),
    "norm": lambda o, a, b, w: o.linalg.norm(a, axis=-1),
    "norm of order 1": lambda o, a, b, w: o.norm(a, ord=1, axis=-1, keepdims=True),
    "moments": lambda o, a, b, w: o.moments(a, axes=[1, 2]),
    "cumsum of an axis": lambda o, a, b, w: o.cumsum(a, axis=1),
    "cumprod": lambda o, a, b, w: o.cumprod(a, axis=-1),
    "flip": lambda o, a, b, w: o.flip(a, axis=2),
    "roll": lambda o, a, b, w: o.roll(a, 2, axis=1),
    "tril": lambda o, a, b, w: o.tril(o.transpose(a, (0, 3, 1, 2)), k=1),
    "triu": lambda o, a, b, w: o.triu(o.transpose(a, (0, 3, 1, 2))),
    "softmax of an axis": lambda o, a, b, w: o.softmax(a, axis=1),
    "softmax of two": lambda o, a, b, w: o.softmax(a, axis=(1, 2)),
    "normalize of order 1": lambda o, a, b, w: o.normalize(a, axis=-1, order=1),
    "layer_normalization": lambda o, a, b, w: o.layer_normalization(a, axis=-1),
    "top_k": lambda o, a, b, w: o.top_k(a, 2),
    "reshape": lambda o, a, b, w: o.reshape(a, (-1, 12, 6)),
    "reshape to the rest": lambda o, a, b, w: o.reshape(a, (2, -1)),
    "transpose": lambda o, a, b, w: o.transpose(a, (0, 3, 1, 2)),
    "swapaxes": lambda o, a, b, w: o.swapaxes(a, 1, 3),
    "moveaxis": lambda o, a, b, w: o.moveaxis(a, 1, -1),
    "moveaxis of two": lambda o, a, b, w: o.moveaxis(a, (1, 2), (2, 3)),
    "expand_dims": lambda o, a, b, w: o.expand_dims(a, 1),
    "expand_dims at the end": lambda o, a, b, w: o.expand_dims(a, -1),
    "squeeze": lambda o, a, b, w: o.squeeze(o.mean(a, axis=1, keepdims=True), axis=1),
    "repeat": lambda o, a, b, w: o.repeat(a, 2, axis=1),
    "tile": lambda o, a, b, w: o.tile(a, (1, 2, 1, 3)),
    "pad": lambda o, a, b, w: o.pad(a, ((0, 0), (1, 2), (0, 1), (0, 0))),
    "pad with a value": lambda o, a, b, w: o.pad(
        a, [[0, 0], [1, 1], [0, 0], [0, 0]], "constant", 3
    ),
    "pad reflected": lambda o, a, b, w: o.pad(a, ((0, 0), (1, 2), (2, 1), (0, 0)), mode="reflect"),
    "pad mirrored": lambda o, a, b, w: o.pad(a, ((0, 0), (1, 1), (0, 1), (0, 0)), mode="symmetric"),
    "broadcast_to": lambda o, a, b, w: o.broadcast_to(a[:, :1], (2, 4, 6, 3)),
    "rot90": lambda o, a, b, w: o.rot90(a, k=1, axes=(1, 2)),
    "concatenate": lambda o, a, b, w: o.concatenate([a, b], axis=-1),
    "concatenate three": lambda o, a, b, w: o.concatenate([a, b, a], axis=1),
    "stack": lambda o, a, b, w: o.stack([a, b], axis=1),
    "split": lambda o, a, b, w: o.split(a, 3, axis=-1),
    "split at places": lambda o, a, b, w: o.split(a, [1, 4], axis=2),
    "unstack": lambda o, a, b, w: o.unstack(a, axis=-1),
    "take": lambda o, a, b, w: o.take(a, np.array([2, 0]), axis=-1),
    "take from the end": lambda o, a, b, w: o.take(a, np.array([-1, 0]), axis=1),
    "take_along_axis": lambda o, a, b, w: o.take_along_axis(a, o.argsort(a, axis=1), axis=1),
    "diagonal": lambda o, a, b, w: o.diagonal(a, axis1=1, axis2=2),
    "dot": lambda o, a, b, w: o.dot(a, KERNEL[0, 0]),
    "matmul": lambda o, a, b, w: o.matmul(a, o.transpose(b, (0, 1, 3, 2))),
    "tensordot": lambda o, a, b, w: o.tensordot(a, KERNEL[0, 0], axes=1),
    "tensordot of axes": lambda o, a, b, w: o.tensordot(a, KERNEL[0, 0], axes=[[3], [0]]),
    "einsum": lambda o, a, b, w: o.einsum("nhwc,nhwd->ncd", a, b),
    "einsum with the rest": lambda o, a, b, w: o.einsum("...c,cd->...d", a, KERNEL[0, 0]),
    "conv": lambda o, a, b, w: o.conv(a, KERNEL, padding="same", data_format="channels_last"),
    "conv with steps": lambda o, a, b, w: o.conv(a, KERNEL, 2, data_format="channels_last"),
    "depthwise_conv": lambda o, a, b, w: o.depthwise_conv(
        a, DEPTHWISE, padding="same", data_format="channels_last"
    ),
    "max_pool": lambda o, a, b, w: o.max_pool(a, 2, data_format="channels_last"),
    "average_pool": lambda o, a, b, w: o.average_pool(
        a, (3, 2), (1, 2), "same", data_format="channels_last"
    ),
    "one_hot": lambda o, a, b, w: o.one_hot(o.argmax(a, axis=-1), 3),
    "one_hot of an axis": lambda o, a, b, w: o.one_hot(o.abs(w), 6, axis=1, dtype="int32"),
    "resize": lambda o, a, b, w: o.image.resize(a, (8, 9), data_format="channels_last"),
    "resize nearest": lambda o, a, b, w: o.image.resize(
        a, (3, 4), interpolation="nearest", data_format="channels_last"
    ),
    "rgb_to_grayscale": lambda o, a, b, w: o.image.rgb_to_grayscale(a, "channels_last"),
    "rgb_to_hsv": lambda o, a, b, w: o.image.rgb_to_hsv(a, "channels_last"),
    "hsv_to_rgb": lambda o, a, b, w: o.image.hsv_to_rgb(a, "channels_last"),
    "crop_images": lambda o, a, b, w: o.image.crop_images(
        a, 1, 2, target_height=2, target_width=3, data_format="channels_last"
    ),
    "pad_images": lambda o, a, b, w: o.image.pad_images(a, 1, 2, 0, 1, data_format="channels_last"),
    "extract_patches": lambda o, a, b, w: o.image.extract_patches(
        a, 2, data_format="channels_last"
    ),
    "extract_patches same": lambda o, a, b, w: o.image.extract_patches(
        a, (3, 2), 2, padding="same", data_format="channels_last"
    ),
    "categorical_crossentropy": lambda o, a, b, w: o.categorical_crossentropy(b, a),
    "categorical logits": lambda o, a, b, w: o.categorical_crossentropy(b, a, from_logits=True),
    "binary logits": lambda o, a, b, w: o.binary_crossentropy(b, a, from_logits=True),
    "sparse_categorical_crossentropy": lambda o, a, b, w: o.sparse_categorical_crossentropy(
        o.argmax(b, axis=-1), a
    ),
    "dot_product_attention": lambda o, a, b, w: o.dot_product_attention(a, b, a),
    "slice": lambda o, a, b, w: o.slice(a, (0, 1, 2, 0), (2, 2, 3, 1)),
}

# Only for data: (o) -> value
DATA: dict[str, Callable[[Any], Any]] = {
    "cbrt": lambda o: o.cbrt(A),
    "sinc": lambda o: o.sinc(A),
    "fmod": lambda o: o.fmod(A, B),
    "hypot": lambda o: o.hypot(A, B),
    "gcd": lambda o: o.gcd(np.array([12, 18], "int32"), np.array([8, 27], "int32")),
    "bitwise_and": lambda o: o.bitwise_and(WHOLE, 3),
    "left_shift": lambda o: o.left_shift(np.array([1, 2], "int32"), 2),
    "isclose": lambda o: o.isclose(A, A + 1e-9),
    "allclose": lambda o: o.allclose(A, B),
    "quantile": lambda o: o.quantile(A, 0.3, axis=1),
    "quantiles": lambda o: o.quantile(A, [0.25, 0.5], axis=(1, 2)),
    "ptp": lambda o: o.ptp(A, axis=-1),
    "max of none": lambda o: o.max(A, initial=2.0),
    "weighted": lambda o: o.average(A, axis=-1, weights=ROW),
    "in_top_k": lambda o: o.in_top_k(np.array([0, 2]), A[0, 0, :2], 2),
    "diff": lambda o: o.diff(A, axis=1),
    "bincount": lambda o: o.bincount(np.array([1, 1, 3]), minlength=6),
    "bincount weighted": lambda o: o.bincount(np.array([1, 1, 3]), weights=ROW),
    "searchsorted": lambda o: o.searchsorted(np.array([1.0, 2, 3]), np.array([2.0, 0.5])),
    "digitize": lambda o: o.digitize(np.array([0.5, 1.5, 9.0]), np.array([1.0, 2.0])),
    "nansum": lambda o: o.nansum(np.array([1.0, np.nan], "float32")),
    "nanmean": lambda o: o.nanmean(np.array([1.0, np.nan, 3.0], "float32")),
    "nanmax": lambda o: o.nanmax(np.array([1.0, np.nan, 3.0], "float32")),
    "append": lambda o: o.append(A, B, axis=1),
    "hstack": lambda o: o.hstack([A, B]),
    "vstack": lambda o: o.vstack([ROW, ROW]),
    "array_split": lambda o: o.array_split(A, 4, axis=2),
    "take of all": lambda o: o.take(A, np.array([1, 5])),
    "slice_update": lambda o: o.slice_update(A, (0, 1, 1, 0), np.ones((1, 2, 2, 1), "float32")),
    "scatter": lambda o: o.scatter(
        np.array([[0, 1], [1, 0]]), np.array([2.0, 3.0], "float32"), (2, 2)
    ),
    "scatter_update": lambda o: o.scatter_update(
        ROW, np.array([[0], [2]]), np.array([5.0, 6.0], "float32")
    ),
    "scatter_update add": lambda o: o.scatter_update(
        ROW, np.array([[0], [0]]), np.array([5.0, 6.0], "float32"), "add"
    ),
    "scatter_update max": lambda o: o.scatter_update(
        ROW, np.array([[0], [1]]), np.array([5.0, 0.1], "float32"), "max"
    ),
    "diag": lambda o: o.diag(ROW, k=1),
    "trace": lambda o: o.trace(A[0, :3, :3, 0]),
    "unique": lambda o: o.unique(np.array([3, 1, 3])),
    "zeros": lambda o: o.zeros((2, 3)),
    "ones": lambda o: o.ones((2,), "int32"),
    "full": lambda o: o.full((2, 2), 7.5),
    "arange": lambda o: o.arange(5),
    "arange of fractions": lambda o: o.arange(1.0, 2.0, 0.25),
    "linspace": lambda o: o.linspace(0, 1, 5),
    "linspace open": lambda o: o.linspace(0.0, 1.0, 4, endpoint=False),
    "logspace": lambda o: o.logspace(0, 2, 3),
    "eye": lambda o: o.eye(3, 4, k=1),
    "identity": lambda o: o.identity(3),
    "tri": lambda o: o.tri(3),
    "meshgrid": lambda o: o.meshgrid(ROW, np.array([1.0, 2.0], "float32")),
    "vdot": lambda o: o.vdot(ROW, ROW),
    "inner": lambda o: o.inner(A, ROW),
    "outer": lambda o: o.outer(ROW, ROW),
    "cross": lambda o: o.cross(A, B),
    "separable_conv": lambda o: o.separable_conv(
        A, DEPTHWISE, RNG_POINTWISE, padding="same", data_format="channels_last"
    ),
    "conv_transpose": lambda o: o.conv_transpose(
        A, np.swapaxes(KERNEL, 2, 3), 2, "same", data_format="channels_last"
    ),
    "det": lambda o: o.det(A[0, :3, :3, 0]),
    "inv": lambda o: o.inv(A[0, :3, :3, 0]),
    "qr": lambda o: o.abs(o.qr(A[0, :, :3, 0])[1]),
    "svd": lambda o: o.svd(A[0, ..., 0], compute_uv=False),
    "solve": lambda o: o.solve(A[0, :3, :3, 0], ROW[:, None]),
    "rms_normalization": lambda o: o.rms_normalization(A, ROW),
    "batch_normalization": lambda o: o.batch_normalization(A, ROW, ROW, axis=-1, offset=ROW),
    "adaptive_max_pool": lambda o: o.adaptive_max_pool(A, 2, data_format="channels_last"),
    "multi_hot": lambda o: o.multi_hot(LABELS, 4),
    "psnr": lambda o: o.psnr(A, B, 1.0),
    "depth_to_space": lambda o: o.depth_to_space(np.repeat(A, 4, -1), 2),
    "gaussian_blur": lambda o: o.image.gaussian_blur(A, data_format="channels_last"),
    "fori_loop": lambda o: o.fori_loop(0, 4, lambda i, v: v + i, o.convert_to_tensor(1)),
    "while_loop": lambda o: o.while_loop(
        lambda i: i < 5, lambda i: [i + 2], [o.convert_to_tensor(0)]
    ),
    "cond": lambda o: o.cond(True, lambda: o.ones(2), lambda: o.zeros(2)),
    "scan": lambda o: o.scan(lambda c, x: (c + x, c * x), o.convert_to_tensor(1.0), o.array(ROW)),
    "map": lambda o: o.map(lambda x: x * 2, o.array(A)),
    "select": lambda o: o.select([A > 0.7, A > 0.4], [A, B], 0.0),
}
RNG_POINTWISE = RNG.normal(size=(1, 1, 6, 4)).astype("float32")
