"""What layers do at random: how often, how much, and the same again for the same seed."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch

from striate import Input, Model, Sequential, layers
from striate.errors import ArgumentError, ShapeError
from tests.layers.messages import Wrong

pytestmark = pytest.mark.torch

ONES = torch.ones(64, 12, 10, 8)
Make = Callable[..., layers.Layer]

MAKERS: dict[str, Make] = {
    "Dropout": lambda **k: layers.Dropout(0.3, **k),
    "Dropout of rows": lambda **k: layers.Dropout(0.3, (None, None, 1, 1), **k),
    "SpatialDropout2D": lambda **k: layers.SpatialDropout2D(0.3, **k),
    "StochasticDepth": lambda **k: layers.StochasticDepth(0.3, **k),
    "DropBlock2D": lambda **k: layers.DropBlock2D(0.3, 3, **k),
    "GaussianNoise": lambda **k: layers.GaussianNoise(0.3, **k),
    "GaussianDropout": lambda **k: layers.GaussianDropout(0.3, **k),
    "AlphaDropout": lambda **k: layers.AlphaDropout(0.3, **k),
}
DROPPING = ["Dropout", "Dropout of rows", "SpatialDropout2D", "StochasticDepth"]
each_layer = pytest.mark.parametrize("make", MAKERS.values(), ids=list(MAKERS))


def trained(layer: layers.Layer, x: torch.Tensor = ONES) -> torch.Tensor:
    out = layer(x, training=True)
    assert isinstance(out, torch.Tensor)
    return out


@each_layer
def test_a_seed_repeats_its_numbers_and_each_draw_differs(make: Make) -> None:
    layer, again = make(seed=5), make(seed=5)
    first, second = trained(layer), trained(layer)
    assert not torch.equal(first, second)
    torch.manual_seed(99)
    assert torch.equal(first, trained(again))
    assert torch.equal(second, trained(again))
    assert not torch.equal(first, trained(make(seed=6)))


@each_layer
def test_a_resumed_layer_draws_what_it_would_have_drawn(make: Make) -> None:
    layer = make(seed=5)
    trained(layer)
    resumed = make(seed=5)
    resumed.load_state_dict(layer.state_dict())
    copied = copy.deepcopy(layer)
    wanted = trained(layer)
    assert torch.equal(trained(resumed), wanted)
    assert torch.equal(trained(copied), wanted)


@each_layer
def test_without_a_seed_the_numbers_come_from_the_stream_of_the_run(make: Make) -> None:
    layer = make()
    torch.manual_seed(1)
    first, second = trained(layer), trained(layer)
    torch.manual_seed(1)
    assert torch.equal(trained(layer), first)
    assert not torch.equal(first, second)


@each_layer
def test_inference_and_the_state_are_left_alone(make: Make) -> None:
    layer = make(seed=5)
    before = layer.state_dict()["draws"].clone()
    assert torch.equal(layer(ONES), ONES)
    assert torch.equal(layer.state_dict()["draws"], before)


@each_layer
def test_the_mean_stays(make: Make) -> None:
    torch.manual_seed(0)
    x = torch.randn(64, 12, 10, 8) if make is MAKERS["AlphaDropout"] else ONES
    outs = torch.stack([trained(make(), x).mean() for _ in range(60)])
    assert abs(float(outs.mean() - x.mean())) < 0.02


@each_layer
def test_half_precision_keeps_its_type(make: Make) -> None:
    assert trained(make(seed=1), ONES.to(torch.bfloat16)).dtype == torch.bfloat16


@pytest.mark.parametrize("name", DROPPING)
def test_a_share_is_zeroed_and_the_rest_is_scaled(name: str) -> None:
    outs = torch.stack([trained(MAKERS[name](seed=s)) for s in range(40)])
    assert float((outs == 0).float().mean()) == pytest.approx(0.3, abs=0.02)
    assert torch.allclose(outs[outs != 0], torch.tensor(1 / 0.7))


def test_what_shares_a_draw_is_dropped_together() -> None:
    maps = trained(MAKERS["SpatialDropout2D"](seed=1)).flatten(1, 2)
    assert torch.equal(maps.amin(1), maps.amax(1))
    samples = trained(MAKERS["StochasticDepth"](seed=1)).flatten(1)
    assert torch.equal(samples.amin(1), samples.amax(1))
    rows = trained(MAKERS["Dropout of rows"](seed=1)).flatten(2)
    assert torch.equal(rows.amin(2), rows.amax(2))
    steps = trained(layers.SpatialDropout1D(0.5, seed=1), torch.ones(9, 7, 5))
    assert torch.equal(steps.amin(1), steps.amax(1))
    places = trained(layers.SpatialDropout3D(0.5, seed=1), torch.ones(9, 2, 3, 2, 5)).flatten(1, 3)
    assert torch.equal(places.amin(1), places.amax(1))


def test_a_rate_of_one_drops_all_and_of_zero_nothing() -> None:
    assert not trained(layers.Dropout(1.0, seed=1)).any()
    assert not trained(layers.Dropout(1.0)).any()
    assert torch.equal(trained(layers.Dropout(0.0)), ONES)


def test_blocks_are_squares_where_they_fit() -> None:
    x = torch.ones(200, 9, 8, 1)
    out = trained(layers.DropBlock2D(0.03, 3, seed=1), x)[..., 0] == 0
    single = [m for m in out if int(m.sum()) == 9]
    assert len(single) > 10
    for m in single:
        rows, columns = m.any(1).nonzero(), m.any(0).nonzero()
        assert len(rows) == len(columns) == 3
        assert int(rows[-1] - rows[0]) == int(columns[-1] - columns[0]) == 2


def test_blocks_drop_about_their_rate_and_scale_by_what_is_left() -> None:
    x = torch.ones(64, 28, 28, 4)
    for rate in (0.05, 0.2):
        out = trained(layers.DropBlock2D(rate, 5, seed=1), x)
        dropped = float((out == 0).float().mean())
        assert 0.7 * rate < dropped <= rate
        assert float(out.mean()) == pytest.approx(1.0, abs=1e-4)


def test_a_block_larger_than_the_map_drops_whole_maps() -> None:
    out = trained(layers.DropBlock2D(0.4, 99, seed=1), ONES).flatten(1, 2)
    assert torch.equal(out.amin(1), out.amax(1))
    assert float((out == 0).float().mean()) == pytest.approx(0.4, abs=0.06)


def test_gaussian_noise_has_its_deviation() -> None:
    out = trained(layers.GaussianNoise(0.25, seed=1)) - 1
    assert float(out.std()) == pytest.approx(0.25, abs=0.005)
    out = trained(layers.GaussianDropout(0.2, seed=1), 3 * ONES) / 3
    assert float(out.std()) == pytest.approx(0.5, abs=0.01)


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    x = torch.randn(300, 300, generator=torch.Generator().manual_seed(0))
    for rate in (0.1, 0.5):
        out = trained(layers.AlphaDropout(rate, seed=1), x)
        assert float(out.mean()) == pytest.approx(0.0, abs=0.02)
        assert float(out.std()) == pytest.approx(1.0, abs=0.02)


def test_activity_regularization_adds_its_penalty_per_sample() -> None:
    layer = layers.ActivityRegularization(l1=0.5, l2=0.25)
    assert torch.equal(layer(2 * ONES), 2 * ONES)
    (penalty,) = layer.losses
    assert float(penalty) == pytest.approx((0.5 * 2 + 0.25 * 4) * ONES[0].numel())


def test_the_count_stays_on_the_cpu_and_whole() -> None:
    layer = layers.Dropout(0.5, seed=1).to("meta").half()
    assert layer.draws.device.type == "cpu"
    assert layer.draws.dtype == torch.int64


def test_a_model_resumes_its_seeded_layers() -> None:
    def net() -> Model:
        return Sequential(
            [Input((8,)), layers.Dropout(0.5, seed=1), layers.GaussianNoise(1, seed=1)]
        )

    model, again = net(), net()
    x = torch.ones(4, 8)
    model(x, training=True)
    again.load_state_dict(model.state_dict())
    assert torch.equal(model(x, training=True), again(x, training=True))


WRONG = [
    Wrong(
        lambda: layers.Dropout(1.5),
        ArgumentError,
        "dropout (Dropout): `rate` is not valid. Got rate=1.5. Expected a number in [0, 1].",
    ),
    Wrong(
        lambda: layers.Dropout(0.5, seed=-1),
        ArgumentError,
        "dropout (Dropout): `seed` is not valid. Got seed=-1. Expected a whole number >= 0.",
    ),
    Wrong(
        lambda: layers.Dropout(0.5, noise_shape=(None, 0)),
        ArgumentError,
        "dropout (Dropout): `noise_shape` is not valid. Got noise_shape=(None, 0). Expected a tuple"
        " of positive sizes and None.",
    ),
    Wrong(
        lambda: layers.Dropout(0.5, noise_shape=(None, 2, 1))(Input((4, 3))),
        ShapeError,
        "dropout (Dropout): `noise_shape` does not fit the input. Got noise_shape=(None, 2, 1),"
        " input shape=(None, 4, 3). Expected 3 sizes, the batch first, each 1, None or the input's."
        " None stands for the input's own size: noise_shape=(None, 1, 1, None).\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 4, 3)",
    ),
    Wrong(
        lambda: layers.AlphaDropout(1.0),
        ArgumentError,
        "alpha_dropout (AlphaDropout): `rate` is not valid. Got rate=1.0. Expected a number in"
        " [0, 1).",
    ),
    Wrong(
        lambda: layers.AlphaDropout(0.5, noise_shape=3),
        ArgumentError,
        "alpha_dropout (AlphaDropout): `noise_shape` is not valid. Got noise_shape=3. Expected a"
        " tuple of positive sizes and None.",
    ),
    Wrong(
        lambda: layers.AlphaDropout(0.5, noise_shape=(None,))(Input((4,))),
        ShapeError,
        "alpha_dropout (AlphaDropout): `noise_shape` does not fit the input. Got noise_shape="
        "(None,), input shape=(None, 4). Expected 2 sizes, the batch first, each 1, None or the"
        " input's. None stands for the input's own size: noise_shape=(None, 1, 1, None).\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 4)",
    ),
    Wrong(
        lambda: layers.SpatialDropout1D(0.5)(Input((4, 4, 3))),
        ShapeError,
        "spatial_dropout1d (SpatialDropout1D): wrong input rank. Got input shape=(None, 4, 4, 3)."
        " Expected 3 dimensions (N, L, C).\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 4, 4, 3)",
    ),
    Wrong(
        lambda: layers.SpatialDropout2D(-1),
        ArgumentError,
        "spatial_dropout2d (SpatialDropout2D): `rate` is not valid. Got rate=-1. Expected a number"
        " in [0, 1].",
    ),
    Wrong(
        lambda: layers.SpatialDropout3D(0.5)(Input((4, 3))),
        ShapeError,
        "spatial_dropout3d (SpatialDropout3D): wrong input rank. Got input shape=(None, 4, 3)."
        " Expected 5 dimensions (N, D, H, W, C).\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 4, 3)",
    ),
    Wrong(
        lambda: layers.StochasticDepth(1.0),
        ArgumentError,
        "stochastic_depth (StochasticDepth): `rate` is not valid. Got rate=1.0. Expected a number"
        " in [0, 1).",
    ),
    Wrong(
        lambda: layers.DropBlock2D(0.1, block_size=0),
        ArgumentError,
        "drop_block2d (DropBlock2D): `block_size` is not valid. Got block_size=0. Expected a"
        " positive whole number or 2 of them.",
    ),
    Wrong(
        lambda: layers.DropBlock2D(0.1)(Input((4, 3))),
        ShapeError,
        "drop_block2d (DropBlock2D): wrong input rank. Got input shape=(None, 4, 3). Expected 4"
        " dimensions (N, H, W, C). Images need a channel axis: x[..., None], or"
        " layers.Reshape((4, 3, 1)) before it.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 4, 3)",
    ),
    Wrong(
        lambda: layers.GaussianNoise(2.0),
        ArgumentError,
        "gaussian_noise (GaussianNoise): `stddev` is not valid. Got stddev=2.0. Expected a number"
        " in [0, 1].",
    ),
    Wrong(
        lambda: layers.GaussianDropout(1),
        ArgumentError,
        "gaussian_dropout (GaussianDropout): `rate` is not valid. Got rate=1. Expected a number in"
        " [0, 1).",
    ),
    Wrong(
        lambda: layers.ActivityRegularization(l1=-0.1),
        ArgumentError,
        "activity_regularization (ActivityRegularization): `l1` is not valid. Got l1=-0.1."
        " Expected a number >= 0.",
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_use_is_named(wrong: Wrong) -> None:
    wrong.check()
