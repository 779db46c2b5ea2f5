"""The evaluation as a value: what it holds, what it refuses, mistakes and their gallery."""

from __future__ import annotations

import numpy as np
import pytest

import striate as st
from striate import layers
from striate.diagnosis import ClassifierEvaluation
from striate.errors import ArgumentError, DataError
from tests.diagnosis.predictions import predictions

pytestmark = pytest.mark.torch


def test_it_says_how_good_the_model_is() -> None:
    found = predictions()
    share = f"{found.correct.mean():.3f}"
    assert str(found).startswith(f"accuracy {share} ({found.correct.sum()} of 200; 95 % interval")
    assert str(found).endswith(", 4 classes")


def test_top_k_counts_the_k_most_probable_classes() -> None:
    found = predictions()
    for k in (1, 2, 4):
        rank = (found.logits > found.logits[np.arange(200), found.labels][:, None]).sum(axis=1)
        assert found.top_k_accuracy(k).count == (rank < k).sum()


def test_names_come_from_the_model_and_can_be_given() -> None:
    model = st.Sequential([layers.Flatten(input_shape=(2, 2, 1)), layers.Dense(2)])
    x, y = np.zeros((3, 2, 2, 1)), np.zeros(3, int)
    assert st.evaluate_classifier(model, x, y).class_names == ("0", "1")
    model.class_names = ["cat", "dog"]
    assert st.evaluate_classifier(model, x, y).class_names == ("cat", "dog")
    assert st.evaluate_classifier(model, x, y, class_names=["a", "b"]).class_names == ("a", "b")


def test_another_number_of_names_than_classes() -> None:
    with pytest.raises(ArgumentError) as caught:
        ClassifierEvaluation([0, 1], np.zeros((2, 2)), ["only one"])
    assert str(caught.value) == (
        "evaluate_classifier: there is another number of class names than of classes. "
        "Got class_names=1, classes=2. Expected one name per class."
    )


def test_another_number_of_labels_than_of_outputs() -> None:
    with pytest.raises(DataError) as caught:
        ClassifierEvaluation([0, 1, 1], np.zeros((2, 2)))
    assert str(caught.value) == (
        "evaluate_classifier: labels and outputs do not belong together. "
        "Got labels=(3,), outputs=(2, 2). Expected one label for every row of outputs."
    )


def test_the_worst_mistakes_are_wrong_and_the_surest_first() -> None:
    found = predictions()
    worst = found.worst_mistakes(6)
    assert worst.total == (~found.correct).sum()
    sure = np.sort(found.confidence[~found.correct])[::-1][:6]
    assert np.allclose([m.confidence for m in worst], sure)
    for mistake, image in zip(worst, worst.images, strict=True):
        i = mistake.index
        assert mistake.true == found.class_names[found.labels[i]]
        assert mistake.predicted == found.class_names[found.predicted[i]]
        assert mistake.true_probability == found.probabilities[i, found.labels[i]]
        assert (image == found.images[i]).all()


def test_the_gallery_shows_each_image_with_both_names() -> None:
    worst = predictions().worst_mistakes(5)
    axes = worst.plot().axes
    titles = [f"{m.predicted} {m.confidence:.0%}\nis {m.true}" for m in worst]
    assert [a.get_title() for a in axes] == titles
    assert all(a.images for a in axes)


def test_no_mistakes_and_no_images() -> None:
    perfect = ClassifierEvaluation([0, 1], np.eye(2) * 9)
    assert len(perfect.worst_mistakes()) == 0
    assert perfect.worst_mistakes().plot().axes == []
    blind = ClassifierEvaluation([1, 0], np.eye(2) * 9).worst_mistakes()
    assert blind.images == (None, None)
    assert len(blind.plot().axes) == 2


def test_worst_mistakes_in_one_call() -> None:
    model = st.Sequential([layers.Flatten(input_shape=(2, 2, 1)), layers.Dense(2)])
    x, y = np.random.default_rng(0).normal(size=(9, 2, 2, 1)), np.arange(9) % 2
    found = st.evaluate_classifier(model, x, y).worst_mistakes(2)
    assert st.worst_mistakes(model, x, y, count=2).mistakes == found.mistakes
