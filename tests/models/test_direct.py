"""The shortest way through a model gives what the usual way gives, and gives way to it."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import layers
from striate.kernels import library, short_call
from striate.models.direct import called, directly

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]
X = np.random.default_rng(0).random((3, 8, 8, 2), dtype=np.float32)


def network() -> st.Model:
    st.set_seed(0)
    model = st.Sequential([st.Input((8, 8, 2)), layers.Conv2D(4, 3, activation="relu")])
    model.add(layers.BatchNormalization())
    model.add(layers.Dropout(0.5))
    model.add(layers.Flatten())
    model.add(layers.Dense(3, activation="softmax"))
    return model


@pytest.fixture(params=["short", "through ctypes"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test runs with the native form of the checks, and without."""
    if request.param == "short" and short_call.missing():
        pytest.skip("the kernels were compiled without Python's headers")
    if request.param != "short":
        monkeypatch.setattr(short_call, "missing", lambda: True)
    return str(request.param)


def usual(model: st.Model, x: Any) -> np.ndarray:
    return np.asarray(model.predict(x, verbose=0, plan=False))


def test_it_is_inference_whatever_the_mode_and_follows_the_weights() -> None:
    model = network().train()
    for _ in range(2):
        found = directly(model, X)
        assert found is not None
        assert not found.requires_grad
        np.testing.assert_allclose(found.numpy(), usual(model, X), rtol=1e-5)
        np.testing.assert_allclose(model.predict_on_batch(X), usual(model, X), rtol=1e-5)
        assert model.training
        with torch.no_grad():
            model.layers[0].kernel.mul_(2.0)
            model.layers[1].moving_mean.add_(0.5)


@pytest.mark.parametrize(
    "given",
    [
        X.astype("float64"),
        X[:, ::-1],
        [X],
        torch.from_numpy(X).double(),
        torch.from_numpy(X).transpose(1, 2),
        (X * 255).astype("uint8"),
    ],
    ids=["float64", "turned", "a list", "a double tensor", "another order", "bytes"],
)
def test_other_inputs_go_the_usual_way(given: Any) -> None:
    model = network()
    assert directly(model, given) is None
    plain = given[0] if isinstance(given, list) else np.asarray(given, dtype="float32")
    found = model.predict_on_batch(given)
    np.testing.assert_allclose(found, usual(model, np.ascontiguousarray(plain)), atol=1e-6)


def test_hooks_that_come_later_are_called() -> None:
    model = network()
    fast = model.optimize(device="cpu")
    assert directly(model, X) is not None
    seen: list[Any] = []
    for one in (model, fast.model):
        one.layers[0].register_forward_hook(lambda *given: seen.append(given))
    model.predict_on_batch(X)
    fast(X)
    assert len(seen) == 2


def test_hooks_that_are_gone_leave_the_short_way_free() -> None:
    model = network().eval()
    handle = model.layers[0].register_forward_hook(lambda *given: None)
    with torch.no_grad():
        model(X)
        assert called(model, X) is None
        handle.remove()
        assert called(model, X) is not None


def test_copies_know_their_own_way() -> None:
    model = network()
    right = model.predict_on_batch(X)
    other = copy.deepcopy(model)
    same = copy.deepcopy(model)
    with torch.no_grad():
        other.layers[-1].bias.add_(torch.tensor([3.0, 0.0, 0.0]))
    np.testing.assert_array_equal(model.predict_on_batch(X), right)
    np.testing.assert_allclose(same.predict_on_batch(X), right, rtol=1e-6)
    assert np.abs(other.predict_on_batch(X) - right).max() > 0.1


def test_several_inputs_or_outputs_go_the_usual_way() -> None:
    x = st.Input((8, 8, 2))
    y = layers.Conv2D(4, 3)(x)
    model = st.Model(x, [y, layers.Flatten()(y)])
    assert directly(model, X) is None
    assert [len(found) for found in model.predict_on_batch(X)] == [3, 3]


def test_the_short_way_takes_what_it_should(way: str) -> None:
    model = network()
    directly(model, X)
    assert model._direct is not None
    run = model._direct.run
    assert (run is None) == (way != "short")
    if run is None:
        return
    read_only = X.copy()
    read_only.flags.writeable = False
    for given in (X, read_only, torch.from_numpy(X).clone(), X[1:]):
        np.testing.assert_allclose(run(given), usual(model, np.asarray(given)), rtol=1e-5)
    other = [X[0], X[..., :1], X[:0], X[:, ::2], X.astype(">f4"), X.astype("float16"), X.tolist()]
    other += [torch.from_numpy(X).requires_grad_(), torch.empty(X.shape, device="meta"), None]
    assert [run(given) for given in other] == [None] * len(other)


CHANGES: dict[str, Callable[[st.Model], Any]] = {
    "in place": lambda m: m.layers[0].kernel.detach().mul_(1.5),
    "state dict": lambda m: m.load_state_dict({k: 1.5 * v for k, v in m.state_dict().items()}),
    "data": lambda m: setattr(m.layers[0].kernel, "data", m.layers[0].kernel.data * 1.5),
    "another": lambda m: setattr(
        m.layers[0], "kernel", torch.nn.Parameter(m.layers[0].kernel.detach() * 1.5)
    ),
    "statistics": lambda m: m.layers[1].moving_mean.add_(0.5),
    "set_weights": lambda m: m.set_weights([w + 0.1 for w in m.get_weights()]),
    "none": lambda m: m.layers[-1].bias.detach().zero_().add_(torch.tensor([1.0, 2.0, 3.0])),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changed_weights_are_seen_at_the_next_call(change: Callable[[st.Model], Any]) -> None:
    model = network()
    before = model.predict_on_batch(X)
    fast = model.optimize(device="cpu")
    np.testing.assert_allclose(fast(X), before, rtol=1e-5)
    change(model)
    found = model.predict_on_batch(X)
    assert np.abs(found - before).max() > 1e-3
    np.testing.assert_allclose(found, usual(model, X), rtol=1e-5)
    np.testing.assert_allclose(fast(X), before, rtol=1e-5)


def test_what_predict_reads_anew_the_short_way_reads_anew() -> None:
    model = network()
    model.predict_on_batch(X)
    model.layers[0].kernel.data.mul_(2.0)  # torch does not count this as a change
    expected = usual(model, X)
    np.testing.assert_allclose(model.predict_on_batch(X), expected, rtol=1e-5)


def test_a_nan_stays_visible_in_its_image() -> None:
    x = X.copy()
    x[1, 3, 3, 0] = np.nan
    found = network().predict_on_batch(x)
    assert np.isnan(found).any(axis=1).tolist() == [False, True, False]


def test_every_call_has_a_result_of_its_own() -> None:
    model = network()
    first = model.predict_on_batch(X)
    kept = first.copy()
    second = model.predict_on_batch(X[::-1].copy())
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_allclose(second[::-1], first, rtol=1e-5)
    first[:] = 0.0
    np.testing.assert_array_equal(model.predict_on_batch(X), kept)


def test_who_looks_at_the_operations_sees_them() -> None:
    from torch.utils.flop_counter import FlopCounterMode

    model = network().eval()
    right = torch.from_numpy(model.predict_on_batch(X))
    fast = model.optimize(device="cpu")
    with FlopCounterMode(display=False) as counter:
        fast(X)
    assert counter.get_total_flops() > 0
    mapped = torch.func.vmap(lambda one: fast(one[None])[0])(torch.from_numpy(X))
    torch.testing.assert_close(mapped, right)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert directly(model, X) is None


def test_torchs_defaults_change_nothing() -> None:
    model = network()
    right = model.predict_on_batch(X)
    torch.set_default_dtype(torch.float64)
    try:
        found = model.predict_on_batch(X)
    finally:
        torch.set_default_dtype(torch.float32)
    with torch.device("meta"):
        elsewhere = model.predict_on_batch(X)
    assert found.dtype == elsewhere.dtype == np.float32
    np.testing.assert_array_equal(found, right)
    np.testing.assert_array_equal(elsewhere, right)


def test_threads_that_call_at_once_get_their_own_results() -> None:
    model = network()
    given = [np.roll(X, i, axis=0)[: 1 + i % 3].copy() for i in range(4)]
    right = [model.predict_on_batch(x) for x in given]
    wrong: list[float] = []

    def work(place: int) -> None:
        for _ in range(100):
            found = model.predict_on_batch(given[place])
            wrong.append(float(np.abs(found - right[place]).max()))

    workers = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(wrong) == 400
    assert max(wrong) < 1e-6


def test_wrong_sizes_say_so_as_ever() -> None:
    model = network()
    fast = model.optimize(device="cpu")
    model.predict_on_batch(X)
    fast(X)
    for call in (model.predict_on_batch, fast):
        with pytest.raises(st.errors.ShapeError, match=r"sequential \(Sequential\)"):
            call(X[:, :7].copy())


def test_copies_and_pickles_of_a_frozen_model_work_and_models_are_let_go() -> None:
    model = network()
    fast = model.optimize(device="cpu")
    right = fast(X)
    thawed = pickle.loads(pickle.dumps(fast))  # noqa: S301 - our own bytes
    for other in (copy.deepcopy(fast), thawed):
        torch.testing.assert_close(other(X), right)
    gone = weakref.ref(fast.model)
    del fast, other, thawed
    gc.collect()
    assert gone() is None


def test_a_call_is_short_where_all_of_it_is_inference() -> None:
    model, x = network(), torch.from_numpy(X)
    right = torch.from_numpy(usual(model, X))
    assert called(model.eval(), x) is None  # gradients are on
    with torch.no_grad():
        for given in (x, X):
            found = called(model, given)
            assert found is not None
            torch.testing.assert_close(found, right)
            torch.testing.assert_close(model(given), right)
        assert called(model.train(), x) is None
        model.eval()
        model.layers[1].train()
        assert called(model, x) is None
        assert (model(x) - right).abs().max() > 1e-3  # normalised by the batch's own statistics
        model.layers[1].eval()
        seen: list[Any] = []
        model.register_forward_hook(lambda *given: seen.append(given))
        model(x)
    assert len(seen) == 1


def test_a_call_with_other_weights_uses_them() -> None:
    model, x = network().eval(), torch.from_numpy(X)
    twice = {name: 2 * p.detach() for name, p in model.named_parameters()}
    with torch.no_grad():
        before = model(x)
        found = torch.func.functional_call(model, twice, (x,))
        other = network().eval()
        for name, p in other.named_parameters():
            p.copy_(twice[name])
        torch.testing.assert_close(found, other(x))
        torch.testing.assert_close(model(x), before)
    assert (found - before).abs().max() > 1e-3
