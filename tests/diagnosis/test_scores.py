"""One pass over the data gives logits, whatever the model returns and whatever the data are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import layers
from striate.diagnosis.scores import as_logits
from striate.errors import DataError

pytestmark = pytest.mark.torch

X = np.random.default_rng(0).normal(size=(50, 4, 4, 1)).astype(np.float32)
Y = np.random.default_rng(1).integers(0, 3, 50)


def model(units: int = 3, activation: Any = None, *more: layers.Layer) -> st.Sequential:
    st.set_seed(0)
    first = layers.Flatten(input_shape=(4, 4, 1))
    return st.Sequential([first, layers.Dense(units, activation=activation), *more])


def plain(units: int, ending: torch.nn.Module) -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, units), ending)


@pytest.mark.parametrize("activation", [None, "softmax"])
def test_probabilities_are_what_the_model_says(activation: str | None) -> None:
    net = model(3, activation)
    found = st.evaluate_classifier(net, X, Y)
    out = net.predict(X, verbose=0)
    wanted = out if activation else torch.tensor(out).softmax(1).numpy()
    assert np.allclose(found.probabilities, wanted, atol=1e-6)
    assert (found.labels == Y).all()
    assert found.image(7) is not None


@pytest.mark.parametrize("activation", [None, "sigmoid"])
def test_a_single_output_is_that_of_class_one(activation: str | None) -> None:
    net = model(1, activation)
    found = st.evaluate_classifier(net, X, Y % 2)
    out = net.predict(X, verbose=0)[:, 0]
    yes = out if activation else 1 / (1 + np.exp(-out))
    assert np.allclose(found.probabilities, np.stack([1 - yes, yes], 1), atol=1e-6)
    assert found.class_names == ("0", "1")


@pytest.mark.parametrize("ending", [torch.nn.Identity(), torch.nn.Softmax(dim=1)])
def test_a_torch_module_is_read_by_its_values(ending: torch.nn.Module) -> None:
    net = plain(3, ending)
    found = st.evaluate_classifier(net, X, Y)
    with torch.no_grad():
        logits = net[1](torch.from_numpy(X).flatten(1))  # type: ignore[index]
    assert np.allclose(found.probabilities, logits.softmax(1).numpy(), atol=1e-6)


def test_logits_from_zero_to_one_are_not_taken_for_probabilities() -> None:
    net = model(1)
    net.layers[1].kernel.data.zero_()
    net.layers[1].bias.data.fill_(0.4)
    found = st.evaluate_classifier(net, X, Y % 2)
    assert np.allclose(found.probabilities[:, 1], 1 / (1 + np.exp(-0.4)))


def test_a_mean_of_two_softmaxes_is_a_probability() -> None:
    x = st.Input((4, 4, 1))
    flat = layers.Flatten()(x)
    parts = [layers.Dense(3, activation="softmax")(flat) for _ in range(2)]
    net = st.Model(x, layers.Average()(parts))
    found = st.evaluate_classifier(net, X, Y)
    assert np.allclose(found.probabilities, net.predict(X, verbose=0), atol=1e-6)


def test_a_torch_module_with_one_probability() -> None:
    found = st.evaluate_classifier(plain(1, torch.nn.Sigmoid()), X, Y % 2)
    with torch.no_grad():
        wanted = plain(1, torch.nn.Sigmoid())(torch.from_numpy(X)).numpy()[:, 0]
    assert np.allclose(found.probabilities[:, 1], wanted, atol=1e-6)


def test_logits_are_exact_where_probabilities_are_zero() -> None:
    net = model(3, "softmax")
    net.layers[1].kernel.data.mul_(1000)
    assert st.evaluate_classifier(net, X, Y).logits.min() < -200


@pytest.mark.parametrize("form", ["column", "rows", "floats", "torch"])
def test_labels_in_every_form(form: str) -> None:
    given = {
        "column": Y[:, None],
        "rows": np.eye(3)[Y],
        "floats": Y.astype(np.float32),
        "torch": torch.from_numpy(Y),
    }[form]
    assert (st.evaluate_classifier(model(), X, given).labels == Y).all()


def batches() -> Iterator[tuple[Any, Any]]:
    for start in range(0, 50, 20):
        yield X[start : start + 20], Y[start : start + 20]


def test_data_in_batches_keep_the_images_of_the_surest_mistakes() -> None:
    whole = st.evaluate_classifier(model(), X, Y)
    found = st.evaluate_classifier(model(), batches())
    assert np.allclose(found.logits, whole.logits, atol=1e-6)
    worst = found.worst_mistakes(5)
    assert [m.index for m in worst] == [m.index for m in whole.worst_mistakes(5)]
    for mistake, image in zip(worst, worst.images, strict=True):
        assert (image == X[mistake.index]).all()
    right = int(np.flatnonzero(found.correct)[0])
    assert found.image(right) is None


def test_a_data_set_of_torch() -> None:
    pairs = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    found = st.evaluate_classifier(model(), pairs, batch_size=8)
    assert (found.labels == Y).all()


def test_the_model_stays_as_it_is() -> None:
    net = model(3, "softmax", layers.BatchNormalization())
    net.train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    st.evaluate_classifier(net, X, Y)
    assert net.training
    assert all((before[name] == value).all() for name, value in net.state_dict().items())


def two_outputs() -> st.Model:
    x = st.Input((4, 4, 1))
    flat = layers.Flatten()(x)
    return st.Model(x, [layers.Dense(2)(flat), layers.Dense(2)(flat)])


@pytest.mark.parametrize(
    ("net", "y", "text"),
    [
        (
            st.Sequential([layers.Conv2D(3, 1, input_shape=(4, 4, 1))]),
            Y,
            "this model does not give classes. Got output=(50, 4, 4, 3). "
            "Expected (samples, classes).",
        ),
        (
            two_outputs(),
            Y,
            "this model does not give classes. Got output='list'. Expected (samples, classes).",
        ),
        (
            model(3, "sigmoid"),
            Y,
            "this model gives each class a probability of its own (sigmoid). Got outputs=3. "
            "Expected one class per image: a softmax, or a single sigmoid for two classes.",
        ),
        (
            model(),
            None,
            "there are no labels. Got y=None. Expected a class number for every image.",
        ),
        (
            model(),
            Y + 0.5,
            "these are not class numbers. Got y=((50,), 'float32'). "
            "Expected whole numbers from 0, one per image, or rows with a single 1.",
        ),
        (
            model(),
            Y + 7,
            "there are labels that are none of the model's classes. Got lowest=7, highest=9. "
            "Expected 0 to 2, for 3 classes.",
        ),
        (
            model(),
            Y - 1,
            "there are labels that are none of the model's classes. Got lowest=-1, highest=1. "
            "Expected 0 to 2, for 3 classes.",
        ),
    ],
)
def test_what_cannot_be_evaluated(net: Any, y: Any, text: str) -> None:
    with pytest.raises(DataError) as caught:
        st.evaluate_classifier(net, X, y)
    assert str(caught.value) == f"evaluate_classifier: {text}"


def test_outputs_that_are_not_finite() -> None:
    with pytest.raises(DataError) as caught:
        as_logits(np.array([[0.0, np.nan], [0.0, 1.0]]), None)
    assert str(caught.value) == (
        "evaluate_classifier: the model's outputs are not finite. Got samples=1. "
        "Expected finite numbers."
    )


def test_no_batches() -> None:
    with pytest.raises(DataError) as caught, pytest.warns(UserWarning, match="ran out of data"):
        st.evaluate_classifier(model(), iter(()))
    assert str(caught.value) == (
        "evaluate_classifier: there are no batches. Expected at least one sample. "
        "Pass data that is not empty; a generator must not be used up already."
    )
