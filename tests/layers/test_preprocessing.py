from __future__ import annotations

import numpy as np
import pytest
import torch

from striate import Input, Sequential, layers
from striate.errors import ArgumentError, DataError, ShapeError
from striate.models import model_from_json
from tests.layers.messages import Wrong

pytestmark = pytest.mark.torch

DATA = np.random.default_rng(0).normal(50.0, 9.0, size=(20, 4, 3, 2)).astype("float32")


def adapted(data: object, **arguments: object) -> layers.Normalization:
    layer = layers.Normalization(**arguments)
    layer.adapt(data)
    return layer


@pytest.mark.parametrize("axis", [-1, None, 1, (1, 3), (1, 2, 3)], ids=str)
def test_adapt_finds_mean_and_variance_of_each_index_of_the_kept_axes(axis: object) -> None:
    layer = adapted(DATA, axis=axis)
    kept = () if axis is None else axis if isinstance(axis, tuple) else (axis,)
    rest = tuple(a for a in range(4) if a not in {k % 4 for k in kept})
    np.testing.assert_allclose(layer.mean.numpy(), DATA.mean(rest), rtol=1e-5)
    np.testing.assert_allclose(layer.variance.numpy(), DATA.var(rest), rtol=1e-4)
    assert int(layer.count) == DATA.size // DATA.mean(rest).size


def test_after_adapt_the_data_have_mean_zero_and_deviation_one() -> None:
    out = adapted(DATA)(DATA).numpy()
    np.testing.assert_allclose(out.mean((0, 1, 2)), 0.0, atol=1e-4)
    np.testing.assert_allclose(out.std((0, 1, 2)), 1.0, atol=1e-4)


def test_batches_of_any_size_give_what_the_whole_gives() -> None:
    parts = [DATA[:3], DATA[3:4], DATA[4:]]
    whole = adapted(DATA)
    for data in (
        parts,
        iter(parts),
        [(p, np.zeros(len(p))) for p in parts],
        [torch.from_numpy(p) for p in parts],
        torch.from_numpy(DATA),
        torch.utils.data.DataLoader(torch.from_numpy(DATA), batch_size=7),
    ):
        layer = adapted(data)
        torch.testing.assert_close(layer.mean, whole.mean)
        torch.testing.assert_close(layer.variance, whole.variance)


def test_steps_is_the_number_of_batches_that_are_read() -> None:
    layer = layers.Normalization()
    layer.adapt([DATA[:3], DATA[3:5], DATA[5:]], steps=2)
    torch.testing.assert_close(layer.mean, adapted(DATA[:5]).mean)


def test_adapting_again_starts_anew() -> None:
    layer = adapted(DATA)
    layer.adapt(DATA + 10.0)
    torch.testing.assert_close(layer.mean, adapted(DATA + 10.0).mean)


def test_the_inverse_goes_back() -> None:
    there, back = adapted(DATA), adapted(DATA, invert=True)
    np.testing.assert_allclose(back(there(DATA)).numpy(), DATA, rtol=1e-5)


def test_a_constant_feature_becomes_zero_not_nan() -> None:
    assert not adapted(np.ones((5, 2)))(np.ones((1, 2))).any()


def test_the_statistics_travel_with_the_model() -> None:
    model = Sequential([Input((4, 3, 2)), layers.Normalization(), layers.Flatten()])
    model.layers[0].adapt(DATA)
    again = model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    assert torch.equal(again(DATA), model(DATA))


def test_large_means_do_not_drown_the_variance() -> None:
    data = 1e6 + np.random.default_rng(0).normal(size=(1000, 1))
    layer = adapted([data[:400], data[400:]])
    assert float(layer.variance) == pytest.approx(float(data.var()), rel=1e-5)


WRONG = [
    Wrong(
        lambda: layers.Normalization(mean=3.0),
        ArgumentError,
        "normalization (Normalization): `mean` is not valid. Got mean=3.0. Expected `mean` and"
        " `variance` both, or none of them.",
    ),
    Wrong(
        lambda: layers.Normalization(mean=[1.0, 2.0], variance=1.0),
        ArgumentError,
        "normalization (Normalization): `variance` is not valid. Got variance=1.0. Expected the"
        " shape of `mean`, (2,).",
    ),
    Wrong(
        lambda: layers.Normalization(axis=1.5),
        ArgumentError,
        "normalization (Normalization): `axis` is not valid. Got axis=1.5. Expected a whole number,"
        " several of them, or None.",
    ),
    Wrong(
        lambda: layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 2.0])(Input((4, 3))),
        ShapeError,
        "normalization (Normalization): `mean` does not fit the axes that are kept apart. Got mean"
        " of shape=(2,), axis=(-1,), input shape=(None, 4, 3). Expected a shape that broadcasts to"
        " (3,).\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 4, 3)",
    ),
    Wrong(
        lambda: layers.Normalization(axis=1)(Input((None, 3))),
        ShapeError,
        "normalization (Normalization): an axis with statistics of its own is open. Got axis=(1,),"
        " input shape=(None, None, 3). Expected a known size there.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, None, 3)",
    ),
    Wrong(
        lambda: layers.Normalization(mean=1.0, variance=1.0).adapt(DATA),
        ArgumentError,
        "normalization (Normalization): `adapt` on a layer that was given its mean and variance."
        " Expected one of the two. Normalization(axis) without mean and variance.",
    ),
    Wrong(
        lambda: layers.Normalization().adapt([]),
        DataError,
        "normalization (Normalization): `adapt` got no data. Expected at least one value.",
    ),
    Wrong(
        lambda: layers.Normalization().adapt(3),
        DataError,
        "adapt: cannot read the data. Got data='int'. Expected an array, a tensor, or an iterable"
        " of batches.",
    ),
    Wrong(
        lambda: adapted(DATA).adapt(DATA[..., :1]),
        ShapeError,
        "normalization (Normalization): the input does not fit its weights. Got input shape="
        "(None, 4, 3, 1). Expected (None, 4, 3, 2), what it was built for.",
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_use_is_named(wrong: Wrong) -> None:
    wrong.check()
