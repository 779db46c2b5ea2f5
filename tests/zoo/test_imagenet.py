"""ImageNet's classes, and the best of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate import zoo
from striate.errors import ArgumentError
from striate.zoo.imagenet import class_names, classes

pytestmark = pytest.mark.torch


def test_there_are_a_thousand_classes_in_the_order_of_their_ids() -> None:
    assert len(classes()) == len(set(class_names())) == 1000
    ids = [wnid for wnid, _ in classes()]
    assert ids == sorted(ids)
    assert all(len(wnid) == 9 and wnid[0] == "n" for wnid in ids)
    assert classes()[0] == ("n01440764", "tench")
    assert classes()[999] == ("n15075141", "toilet tissue")


def test_the_best_come_first_and_ties_in_the_order_of_the_classes() -> None:
    scores = np.zeros((2, 1000), "float32")
    scores[0, [3, 7]] = 0.25, 0.5
    decoded = zoo.decode_predictions(torch.from_numpy(scores), top=3)
    assert decoded[0] == [
        ("n01514668", "cock", 0.5),
        ("n01491361", "tiger shark", 0.25),
        ("n01440764", "tench", 0.0),
    ]
    assert [wnid for wnid, _, _ in decoded[1]] == [wnid for wnid, _ in classes()[:3]]
    assert len(zoo.decode_predictions(scores)[0]) == 5


def test_scores_of_other_classes_are_refused() -> None:
    with pytest.raises(ArgumentError) as caught:
        zoo.decode_predictions(np.zeros((2, 10)))
    assert str(caught.value) == (
        "decode_predictions: these are no scores of ImageNet's classes. Got scores=(2, 10). "
        "Expected (images, 1000)."
    )
    with pytest.raises(ArgumentError) as caught:
        zoo.decode_predictions(np.zeros((2, 1000)), top=0)
    assert str(caught.value) == (
        "decode_predictions: no such number of classes. Got top=0. Expected 1 to 1000."
    )
