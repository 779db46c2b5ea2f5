"""Recipes: their numbers, their errors, and what they leave alone."""

from __future__ import annotations

import pytest

from striate.errors import ArgumentError, UnknownNameError
from striate.training import Recipe, compile, losses
from striate.training.recipe import recipe_of

pytestmark = pytest.mark.torch


def test_the_rate_rises_to_its_peak_and_ends_near_zero() -> None:
    optimizer = Recipe(learning_rate=0.1, warmup_share=0.3).optimizer_for(100, 128)
    rates = [optimizer.schedule(step) for step in range(100)]  # type: ignore[misc]
    assert max(rates) == pytest.approx(0.1, rel=1e-3)
    assert rates.index(max(rates)) == 29
    assert rates[-1] < 1e-5
    assert rates[0] < 0.005


@pytest.mark.parametrize(("name", "times"), [("adamw", 2.0), ("sgd", 4.0)])
def test_the_rate_grows_with_the_batch(name: str, times: float) -> None:
    small, large = (Recipe(name).optimizer_for(100, size).schedule for size in (128, 512))
    assert large(24) == pytest.approx(times * small(24))  # type: ignore[misc]


def test_networks_without_batch_normalisation_get_lower_rates() -> None:
    schedule = Recipe().optimizer_for(100, 128, normalized=False).schedule
    assert schedule(24) == pytest.approx(0.003, rel=1e-3)  # type: ignore[misc]


def test_the_average_covers_its_share_of_the_steps() -> None:
    optimizer = Recipe(average_share=0.1).optimizer_for(1000, 128)
    assert optimizer.use_ema
    assert optimizer.ema_momentum == pytest.approx(0.98)
    assert not Recipe(average_share=0.0).optimizer_for(1000, 128).use_ema
    assert not Recipe().optimizer_for(3, 128).use_ema


def test_losses_are_smoothed_and_the_user_s_own_stay_as_they_are() -> None:
    given = compile("sgd", {"a": "sparse_categorical_crossentropy", "b": "mse"}, metrics=None)
    recipe = Recipe(label_smoothing=0.1)
    made = recipe.compiled_for(given, recipe.optimizer_for(10, 128))
    assert made.loss["a"].label_smoothing == 0.1
    assert made.loss["b"] is given.loss["b"]
    assert given.loss["a"].label_smoothing == 0.0
    own = compile("sgd", losses.CategoricalCrossentropy(label_smoothing=0.3))
    assert recipe.compiled_for(own, made.optimizer).loss is own.loss


def test_images_are_moved_and_photographs_mirrored() -> None:
    assert Recipe().moves((32, 32, 3)) == (True, 2)
    assert Recipe().moves((28, 28, 1)) == (False, 1)
    assert Recipe().moves((None, None, 3)) == (True, 0)
    assert Recipe().moves((16, 16, 64)) == (False, 0)
    assert Recipe(flip=True, shift=2).moves((28, 28, 1)) == (True, 2)
    assert Recipe(flip=False, shift=0).moves((32, 32, 3)) == (False, 0)


def test_errors_say_what_is_expected() -> None:
    with pytest.raises(UnknownNameError) as unknown:
        recipe_of("fats")
    assert str(unknown.value) == "fit: unknown recipe. Got 'fats'. Did you mean 'fast'?"
    with pytest.raises(UnknownNameError, match=r"Recipe: unknown optimizer\. Got 'adam'"):
        Recipe("adam")
    with pytest.raises(ArgumentError) as flip:
        Recipe(flip="yes")
    assert str(flip.value) == (
        "Recipe: `flip` is not valid. Got flip='yes'. Expected True, False or \"auto\"."
    )
    with pytest.raises(ArgumentError) as shift:
        Recipe(shift=-1)
    assert str(shift.value) == (
        "Recipe: `shift` is not valid. Got shift=-1. "
        'Expected a number of pixels, 0 or more, or "auto".'
    )
    with pytest.raises(ArgumentError, match="Recipe: label_smoothing is out of range"):
        Recipe(label_smoothing=1.0)
    with pytest.raises(ArgumentError, match="Recipe: shift_rate is out of range"):
        Recipe(shift_rate=0.0)


def test_images_are_small_first_and_whole_at_the_end() -> None:
    assert Recipe().epoch_sizes((96, 64), 3) == [(48, 32), (72, 48), (96, 64)]
    assert Recipe().epoch_sizes((96, 64), 2) == [(72, 48), (96, 64)]
    assert Recipe().epoch_sizes((32, 96), 2) == [(32, 96)] * 2
    assert Recipe(sizes=[0.75, 1]).epoch_sizes((32, 32), 3) == [(24, 24), (24, 24), (32, 32)]
    assert Recipe(sizes=(1,)).epoch_sizes((224, 224), 2) == [(224, 224)] * 2
    assert Recipe().epoch_sizes((224, 224), 0) == []


@pytest.mark.parametrize("sizes", [(), (0.5,), (1, 0.5), (0, 1), (1, 2), "half"])
def test_sizes_that_do_not_grow_to_the_whole_are_refused(sizes: object) -> None:
    with pytest.raises(ArgumentError) as caught:
        Recipe(sizes=sizes)  # type: ignore[arg-type]
    assert str(caught.value) == (
        f'Recipe: `sizes` is not valid. Got sizes={sizes!r}. Expected "auto", or growing shares'
        " that end with 1: (0.5, 0.75, 1)."
    )
