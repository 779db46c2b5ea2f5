"""Files that mention code of the user's: refused by name, and opened with what is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import striate as st
from striate import layers
from tests.layers.test_function import AlwaysDropout, Block, flipped

pytestmark = pytest.mark.torch

X = torch.randn(4, 5, 3)


def half(x: torch.Tensor) -> torch.Tensor:
    return x / 2


def ones(shape: tuple[int, ...]) -> torch.Tensor:
    return torch.ones(shape)


def small(weight: torch.Tensor) -> torch.Tensor:
    return weight.abs().sum() * 0.01


class Clip(st.constraints.Constraint):
    def __call__(self, w: torch.Tensor) -> torch.Tensor:
        return w.clamp(-1, 1)


def far(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    return (y_true - y_pred).abs().mean(-1)


class Near(st.metrics.Mean):
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state((y_true - y_pred).abs() < 1)


def network(*made: layers.Layer) -> st.Model:
    return st.Sequential([st.Input((5, 3)), *made])


def nested() -> st.Model:
    inner = network(layers.Lambda(lambda x: x * 3, name="thrice"), layers.Dense(2, half))
    inner.name = "inner"
    return network(inner, layers.Lambda(lambda x: x + 1, name="thrice"))


# model, the message without anything, what opens it
CASES: dict[str, tuple[Callable[[], st.Model], str, dict[str, Any]]] = {
    "function without a name": (
        lambda: network(layers.Lambda(lambda x: x.flip(1), name="turn")),
        "turn (Lambda): its function is the user's own code, and files do not carry code. Expected"
        ' the function, or a layer instead, by name. load_model(path, custom_objects={"turn":'
        " lambda x: ...}).",
        {"turn": lambda x: x.flip(1)},
    ),
    "function by its name": (
        lambda: network(layers.Lambda(flipped, arguments={"times": 2})),
        "lambda (Lambda): its function is the user's own code, and files do not carry code."
        " Expected the function, or a layer instead, by name. load_model(path,"
        ' custom_objects={"flipped": flipped}).',
        {"flipped": flipped},
    ),
    "layer instead of a function": (
        lambda: network(layers.Lambda(lambda x: x * 2)),
        "lambda (Lambda): its function is the user's own code, and files do not carry code."
        " Expected the function, or a layer instead, by name. load_model(path,"
        ' custom_objects={"lambda": lambda x: ...}).',
        {"lambda": layers.Rescaling(2.0)},
    ),
    "class": (
        lambda: network(Block(4)),
        "block (Block): this layer is the user's own code, and files do not carry code. Expected"
        ' its class by name, or a layer instead. load_model(path, custom_objects={"Block": Block}'
        ").",
        {"Block": Block},
    ),
    "class by the layer's name": (
        lambda: network(Block(4)),
        "block (Block): this layer is the user's own code, and files do not carry code. Expected"
        ' its class by name, or a layer instead. load_model(path, custom_objects={"Block": Block}'
        ").",
        {"block": Block},
    ),
    "subclass of a layer of ours": (
        lambda: network(AlwaysDropout(0.0)),
        "always_dropout (AlwaysDropout): this layer is the user's own code, and files do not carry"
        " code. Expected its class by name, or a layer instead. load_model(path,"
        ' custom_objects={"AlwaysDropout": AlwaysDropout}).',
        {"AlwaysDropout": AlwaysDropout},
    ),
    "argument of a class": (
        lambda: network(Block(4, bend=half)),
        "block (Block): this layer is the user's own code, and files do not carry code. Expected"
        ' its class by name, or a layer instead. load_model(path, custom_objects={"Block": Block}'
        ").",
        {"Block": Block, "half": half},
    ),
    "activation": (
        lambda: network(layers.Dense(2, activation=half)),
        "dense (Dense): its activation 'half' is the user's own, and files do not carry code."
        ' Expected the function or object by name. load_model(path, custom_objects={"half":'
        " ...}).",
        {"half": half},
    ),
    "two functions without names": (
        lambda: network(
            layers.Dense(
                2, activation=lambda x: x * 2, kernel_initializer=lambda shape: torch.ones(shape)
            )
        ),
        "dense (Dense): its activation '<lambda>' is the user's own, and files do not carry code."
        " Expected the function or object by name. load_model(path, custom_objects="
        '{"dense/activation": ...}).',
        {"dense/activation": lambda x: x * 2, "dense/kernel_initializer": ones},
    ),
    "initializer": (
        lambda: network(layers.Dense(2, kernel_initializer=ones)),
        "dense (Dense): its kernel_initializer 'ones' is the user's own, and files do not carry"
        " code. Expected the function or object by name. load_model(path,"
        ' custom_objects={"ones": ...}).',
        {"ones": ones},
    ),
    "regularizer": (
        lambda: network(layers.Dense(2, kernel_regularizer=small)),
        "dense (Dense): its kernel_regularizer 'small' is the user's own, and files do not carry"
        " code. Expected the function or object by name. load_model(path,"
        ' custom_objects={"small": ...}).',
        {"small": small},
    ),
    "constraint": (
        lambda: network(layers.Dense(2, kernel_constraint=Clip())),
        "dense (Dense): its kernel_constraint 'Clip' is the user's own, and files do not carry"
        " code. Expected the function or object by name. load_model(path,"
        ' custom_objects={"Clip": ...}).',
        {"Clip": Clip()},
    ),
    "inside other models": (
        nested,
        "thrice (Lambda): its function is the user's own code, and files do not carry code."
        " Expected the function, or a layer instead, by name. load_model(path,"
        ' custom_objects={"thrice": lambda x: ...}).',
        {"inner/thrice": lambda x: x * 3, "thrice": lambda x: x + 1, "half": half},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_file_names_the_users_code_and_opens_with_it(case: str, tmp_path: Path) -> None:
    build, text, objects = CASES[case]
    model = build()
    model.save(tmp_path / "m.striate")
    with pytest.raises(st.FormatError) as caught:
        st.load_model(tmp_path / "m.striate")
    assert str(caught.value) == text
    again = st.load_model(tmp_path / "m.striate", custom_objects=objects)
    assert torch.equal(again(X), model(X))
    again.save(tmp_path / "again.striate")  # what was loaded can be saved
    copied = st.clone_model(model)
    copied.set_weights(model.get_weights())
    assert torch.equal(copied(X), model(X))


def test_a_registered_class_needs_no_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(layers.LAYERS, "Block", None)  # taken out again afterwards
    model = network(layers.register()(Block)(4))
    model.save(tmp_path / "m.striate")
    assert torch.equal(st.load_model(tmp_path / "m.striate")(X), model(X))


COMPILED: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "loss": ({"loss": far}, "loss 'far'", {"far": far}),
    "metric": ({"loss": "mse", "metrics": [far]}, "metric 'far'", {"far": far}),
    "metric class": ({"loss": "mse", "metrics": [Near()]}, "metric 'Near'", {"Near": Near}),
}


@pytest.mark.parametrize("case", COMPILED)
def test_losses_and_metrics_of_the_user_are_named(case: str, tmp_path: Path) -> None:
    arguments, named, objects = COMPILED[case]
    model = network(layers.Dense(2))
    model.compile("sgd", **arguments)
    y = torch.zeros(4, 5, 2)
    expected = model.evaluate(X, y, verbose=0)
    path = tmp_path / "m.striate"
    model.save(path)
    with pytest.raises(st.FormatError) as caught:
        st.load_model(path)
    name = named.split("'")[1]
    assert str(caught.value) == (
        f"load_model: {named} is the user's own, and files do not carry code. Expected the"
        f' function or class by name. load_model(path, custom_objects={{"{name}": ...}}), or'
        " compile=False to predict."
    )
    assert st.load_model(path, compile=False).count_params() == 8
    assert st.load_model(path, custom_objects=objects).evaluate(X, y, verbose=0) == expected


def test_what_is_no_layer_is_refused(tmp_path: Path) -> None:
    network(layers.Lambda(flipped, name="turn")).save(tmp_path / "m.striate")
    with pytest.raises(st.ArgumentError) as caught:
        st.load_model(tmp_path / "m.striate", custom_objects={"turn": 3})
    assert str(caught.value) == (
        "turn (Lambda): `custom_objects` holds something that is neither a layer nor a function."
        " Got turn=3. Expected a subclass of striate.layers.Layer, a layer, or a function of a"
        " tensor."
    )


class Forgetful(layers.Layer):
    def __init__(self, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def call(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


def test_a_class_that_cannot_be_made_from_its_configuration_says_so(tmp_path: Path) -> None:
    network(Forgetful(3)).save(tmp_path / "m.striate")
    with pytest.raises(st.ArgumentError) as caught:
        st.load_model(tmp_path / "m.striate", custom_objects={"Forgetful": Forgetful})
    assert str(caught.value) == (
        "forgetful (Forgetful): it cannot be made from its configuration (Forgetful.__init__()"
        " missing 1 required positional argument: 'size'). Got config={'name': 'forgetful'}."
        " Expected `get_config` to return what Forgetful(...) takes. Write get_config(self) and"
        " from_config(cls, config), or pass a ready layer."
    )
