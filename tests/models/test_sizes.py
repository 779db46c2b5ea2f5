"""Networks for images of other sizes, and training on smaller ones first."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import striate as st
from striate import layers
from striate.errors import ShapeError
from striate.models.sizes import resized_form

pytestmark = pytest.mark.torch


def network(head: layers.Layer, size: tuple[int, int] = (64, 64)) -> st.Sequential:
    st.set_seed(0)
    return st.Sequential(
        [
            layers.Input((*size, 3)),
            layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.DepthwiseConv2D(3),
            layers.MaxPooling2D(),
            head,
            layers.Dense(3),
        ]
    )


def test_smaller_images_run_on_the_same_weights() -> None:
    made = network(layers.GlobalAveragePooling2D())
    small = torch.rand(2, 31, 40, 3)
    other = network(layers.GlobalAveragePooling2D(), (31, 40))
    other.set_weights(made.get_weights())
    for mode in (True, False):
        made.train(mode), other.train(mode)
        for gradients in (True, False):
            sizes = frozenset({(31, 40)})
            with (
                torch.set_grad_enabled(gradients),
                made.executing(True, "float32", "float32", "test", sizes=sizes),
            ):
                assert torch.allclose(made(small), other(small), atol=1e-5)
    with pytest.raises(ShapeError):
        made(small)


def test_fit_shows_small_images_first_and_ends_with_whole_ones() -> None:
    made = network(layers.GlobalAveragePooling2D())
    seen = []
    hook = made.layers[0].register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[1]))
    x, y = np.random.default_rng(0).random((8, 64, 64, 3), np.float32), np.arange(8) % 3
    made.compile(loss=st.losses.SparseCategoricalCrossentropy(from_logits=True))
    made.fit(x, y, epochs=3, recipe="fast", validation_data=(x, y), verbose=0, seed=0)
    hook.remove()
    assert seen == [32, 64, 48, 64, 64, 64]
    assert made.evaluate(x, y, verbose=0) > 0


def test_a_network_for_one_size_sees_whole_images_unless_sizes_were_asked_for() -> None:
    made = network(layers.Flatten())
    x, y = np.zeros((8, 64, 64, 3), np.float32), np.zeros(8, int)
    made.compile(loss=st.losses.SparseCategoricalCrossentropy(from_logits=True))
    made.fit(x, y, epochs=3, recipe="fast", verbose=0)
    with pytest.raises(ShapeError) as caught:
        made.fit(x, y, epochs=3, recipe=st.Recipe(sizes=(0.5, 1)), verbose=0)
    assert str(caught.value) == (
        "dense (Dense): it is made for one size of images. Got images=(32, 32). Expected images of"
        " (64, 64), or layers that take any size. Put GlobalAveragePooling2D in place of Flatten."
    )


class CrashInThird(st.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):  # type: ignore[no-untyped-def]
        self.steps = getattr(self, "steps", 0) + 1
        if self.steps == 5:
            raise RuntimeError("the power fails")


def test_a_run_that_broke_off_goes_on_with_the_size_of_its_epoch(tmp_path) -> None:  # type: ignore[no-untyped-def]
    x, y = np.random.default_rng(0).random((8, 64, 64, 3), np.float32), np.arange(8) % 3
    weights = []
    for breaks in (False, True):
        made = network(layers.GlobalAveragePooling2D())
        made.compile(loss=st.losses.SparseCategoricalCrossentropy(from_logits=True))
        how = {"epochs": 3, "recipe": "fast", "batch_size": 4, "seed": 0, "save_every": 1}
        how |= {"checkpoint_dir": tmp_path / str(breaks), "verbose": 0}
        if breaks:
            with pytest.raises(RuntimeError, match="the power fails"):
                made.fit(x, y, callbacks=[CrashInThird()], **how)
            made = network(layers.GlobalAveragePooling2D())
            made.compile(loss=st.losses.SparseCategoricalCrossentropy(from_logits=True))
            made.fit(x, y, resume=True, **how)
        else:
            made.fit(x, y, **how)
        weights.append(made.get_weights())
    for a, b in zip(*weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_code_whose_shapes_are_not_known_is_refused() -> None:
    class Own(layers.Layer):
        def call(self, x):  # type: ignore[no-untyped-def]
            return x.mean((1, 2))

    made = network(Own())
    with pytest.raises(ShapeError, match=r"^own \(Own\): it is made for one size of images"):
        resized_form(made.graph, (32, 32))


def test_a_model_inside_keeps_its_size() -> None:
    inner = network(layers.GlobalAveragePooling2D())
    outer = st.Sequential([layers.Input((64, 64, 3)), inner, layers.Dense(2)])
    with pytest.raises(ShapeError, match="the input has another shape than the model was built"):
        resized_form(outer.graph, (32, 32))
