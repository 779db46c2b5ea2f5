"""Runs of operations in one native call give what the layers one by one give, in every case."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from benchmarks.networks.workloads import WORKLOADS
from striate import layers, zoo
from striate.kernels import library
from striate.plan import native_stretch
from striate.plan.native_call import NativeCall
from tests.plan.compare import close, inferred

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]
RULE = native_stretch.RULE


def moved(model: st.Model) -> st.Model:
    """Moving statistics and biases that are not those of the start."""
    torch.manual_seed(0)
    for name, weight in model.named_weights():
        with torch.no_grad():
            if "variance" in name or "gamma" in name:
                weight.uniform_(0.5, 1.5)
            elif "mean" in name or "beta" in name or "bias" in name:
                weight.normal_(0.0, 0.1)
    return model.eval()


def ends(*given: layers.Layer) -> Callable[[], st.Model]:
    def build() -> st.Model:
        return st.models.clone_model(st.Sequential([st.Input((9, 10, 3)), *given]))

    return build


def branches() -> st.Model:
    """Maps side by side, one of them read by others, too, and one that is an input."""
    x = given = st.Input((9, 10, 16))
    a = layers.Conv2D(16, 1, activation="relu")(x)
    b = layers.Conv2D(7, 3, padding="same", activation="tanh")(a)
    inner = layers.Concatenate()([a, b])
    wide = layers.Concatenate()([inner, x, layers.MaxPooling2D(3, 1, "same")(b), b])
    y = layers.Conv2D(5, 3)(wide)
    return st.Model(given, [layers.Flatten()(y), wide, layers.GlobalMaxPooling2D()(inner)])


def residual() -> st.Model:
    x = given = st.Input((9, 10, 8))
    a = layers.Conv2D(8, 3, padding="same")(x)
    y = layers.ReLU()(layers.Add()([a, x]))
    both = layers.Add()([layers.Conv2D(8, 1)(y), layers.Conv2D(8, 3, padding="same")(y)])
    three = layers.Add()([both, y, layers.Conv2D(8, 1, activation="silu")(y)])
    gate = layers.Dense(8, activation="sigmoid")(
        layers.GlobalAveragePooling2D(keepdims=True)(three)
    )
    twice = layers.Add()([three, three])
    return st.Model(given, layers.Multiply()([layers.Activation("gelu")(twice), gate]))


def torch_between() -> st.Model:
    x = given = st.Input((8, 8, 3))
    a = layers.Conv2D(6, 3, padding="same", activation="softplus")(x)
    b = layers.UpSampling2D()(layers.MaxPooling2D()(layers.Conv2D(6, 3, padding="same")(a)))
    return st.Model(given, layers.Conv2D(4, 1)(layers.Concatenate()([a, b])))


def bordered() -> st.Model:
    """Zeros around images that a pooling reads: its own padding only where nothing is below 0."""
    x = given = st.Input((9, 10, 3))
    x = layers.ZeroPadding2D(1)(layers.Conv2D(4, 3, activation="relu")(x))
    x = layers.Conv2D(4, 1)(layers.MaxPooling2D(3, 2)(x))
    x = layers.MaxPooling2D(2, 1)(layers.ZeroPadding2D(1)(x))
    return st.Model(given, layers.Conv2D(4, 1)(x))


def separable() -> st.Model:
    x = given = st.Input((9, 10, 3))
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(layers.Conv2D(20, 3)(x))
    x = layers.BatchNormalization()(layers.DepthwiseConv2D(3, strides=2, use_bias=False)(x))
    x = layers.Conv2D(12, 1)(layers.ReLU(6.0)(x))
    x = layers.BatchNormalization()(layers.AveragePooling2D(2, 1, "same")(x))
    return st.Model(given, layers.Softmax()(layers.Dense(7)(layers.Flatten()(x))))


NETWORKS: dict[str, Callable[[], st.Model]] = {
    "branches": branches,
    "residual": residual,
    "torch between": torch_between,
    "separable": separable,
    "bordered": bordered,
    "sequence": lambda: st.Sequential(
        [
            st.Input((30, 4)),
            layers.Conv1D(8, 3, padding="causal", dilation_rate=2, activation="relu"),
            layers.MaxPooling1D(2),
            layers.Conv1D(8, 5, strides=2, padding="same"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(3, activation="softmax"),
        ]
    ),
    "reshaped": ends(layers.Conv2D(4, 2), layers.Reshape((36, 8)), layers.Dense(5)),
    "pool of all": ends(layers.Conv2D(8, 3), layers.LeakyReLU(), layers.MaxPooling2D(2)),
    "falling": ends(layers.Conv2D(8, 3, activation="silu"), layers.MaxPooling2D(2)),
    "view at the end": ends(layers.Conv2D(8, 3), layers.Flatten()),
    "two stages": ends(layers.SeparableConv2D(8, 3, activation="relu"), layers.Conv2D(4, 1)),
}
NETWORKS |= {
    name: WORKLOADS[name].build
    for name in ("digits", "three_of_32_strided", "two_of_16", "resnet20", "squeezenet")
}
NETWORKS |= {"mobilenet_v2": WORKLOADS["mobilenet_v2"].build}


def calls(model: st.Model) -> list[NativeCall]:
    """The native calls of the plan that inference runs."""
    with torch.no_grad():
        program = model.program()
    return [function for function, *_ in program._calls if isinstance(function, NativeCall)]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_gives_the_same(name: str) -> None:
    model = moved(NETWORKS[name]())
    shape = model.input_shape[1:]
    for images in (1, 19):  # all threads on one image; a share of the images for each thread
        x = torch.rand(images, *shape, generator=torch.Generator().manual_seed(images))
        found, right = inferred(model, x, True), inferred(model, x, False)
        many = (
            [(found, right)] if isinstance(found, torch.Tensor) else zip(found, right, strict=True)
        )
        for a, b in many:
            assert a.shape == b.shape
            close(a, b, 1e-5, f"{images} images")
    assert calls(model)


@pytest.mark.parametrize("name", ["digits", "resnet20", "squeezenet", "mobilenet_v2", "residual"])
def test_a_team_of_threads_changes_no_bit_of_one_image(name: str) -> None:
    model, threads = moved(NETWORKS[name]()), torch.get_num_threads()
    x, found = torch.rand(1, *model.input_shape[1:]), []
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            found.append(inferred(model, x, True))
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(*found)
    assert calls(model)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("densenet121", (32, 32, 3)), ("mobilenet_v3_small", (32, 32, 3)), ("lenet5", (32, 32, 1))],
)
def test_a_network_of_the_zoo_gives_the_same(name: str, shape: tuple[int, ...]) -> None:
    model = moved(zoo.architecture(name)(input_shape=shape, classes=10))
    x = torch.rand(3, *shape, generator=torch.Generator().manual_seed(0))
    close(inferred(model, x, True), inferred(model, x, False), 1e-5, name)
    assert calls(model)


def test_the_plan_says_what_one_call_does() -> None:
    model = WORKLOADS["digits"].build()
    (note,) = [n for n in model.plan().applied if n.rule == RULE]
    start = "one call of our own kernels; their own form of the weights takes 2."
    assert note.text.startswith(start)
    assert f"  all layers: {start}" in str(model.plan())
    ours = [("direct",), ("winograd",), ("winograd",), ("direct",), ("direct", "softmax map")]
    assert [step.kernels for step in model.plan().steps] == ours
    assert not [n for n in model.plan(training=True).applied if n.rule == RULE]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"device": "cuda"}, "our own kernels are for CPUs"),
        ({"precision": "bfloat16"}, "our own kernels of inference compute in float32"),
    ],
)
def test_what_is_refused_is_said(options: dict[str, Any], text: str) -> None:
    from striate.plan import Request, make_plan

    model = torch_between()
    plan = make_plan(model.graph, model._owners, Request(training=False, **options))
    assert text in {n.text for n in plan.refused if n.rule == RULE}
    assert plan.stretches == ()


def test_without_kernels_torch_computes_and_the_plan_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(library, "missing", lambda: "STRIATE_KERNELS says so")
    model = torch_between()
    text = "torch's kernels run, not our own: STRIATE_KERNELS says so"
    assert text in {n.text for n in model.plan().refused}
    assert not calls(model)


def test_sizes_that_are_open_and_layers_with_hooks_stay_torchs() -> None:
    model = st.Sequential([st.Input((None, None, 3)), layers.Conv2D(4, 3)])
    reasons = {n.text for n in model.plan().refused if n.rule == RULE}
    assert reasons == {"a size is open, or its values are no float32 maps"}
    model = ends(layers.Conv2D(4, 3), layers.Conv2D(4, 3))().eval()
    seen = []
    model.layers[0].register_forward_hook(lambda *given: seen.append(given))
    x = torch.rand(2, 9, 10, 3)
    close(inferred(model, x, True), inferred(model, x, False), 1e-5, "hooks")
    assert len(seen) == 2
    assert len(calls(model)) == 1


def test_weights_that_change_are_seen() -> None:
    model = moved(separable())
    x = torch.rand(2, 9, 10, 3)
    inferred(model, x, True)
    changes: list[Callable[[], Any]] = [
        lambda: model.set_weights([w + 0.1 for w in model.get_weights()]),
        lambda: [p.data.mul_(1.1) for p in model.parameters()],
        lambda: model.load_state_dict({k: v * 0.9 for k, v in model.state_dict().items()}),
        lambda: setattr(model.layers[1].kernel, "data", model.layers[1].kernel.data * 2),
    ]
    for change in changes:
        change()
        found = torch.from_numpy(model.predict(x, verbose=0))
        close(found, inferred(model, x, False), 1e-5, "after a change")


def test_evaluation_between_steps_uses_the_weights_of_now() -> None:
    st.set_seed(0)
    model = ends(layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), layers.Dense(3))()
    model.compile("adam", "mse")
    x, y = np.random.rand(40, 9, 10, 3).astype("float32"), np.random.rand(40, 3).astype("float32")
    history = model.fit(x, y, epochs=3, validation_data=(x, y), verbose=0, precision="float32")
    now = model.evaluate(x, y, verbose=0, plan=False)
    assert history.history["val_loss"][-1] == pytest.approx(now, rel=1e-5)
    assert model.evaluate(x, y, verbose=0) == pytest.approx(now, rel=1e-5)


def test_two_threads_may_call_at_once() -> None:
    model = moved(branches())
    given = [torch.rand(n, 9, 10, 16) for n in (1, 3, 20, 33)]
    right = [inferred(model, x, True)[0] for x in given]
    wrong: list[float] = []

    def work(place: int) -> None:
        with torch.no_grad():
            for _ in range(20):
                wrong.append(float((model(given[place])[0] - right[place]).abs().max()))

    workers = [threading.Thread(target=work, args=(i,)) for i in range(len(given))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(wrong) == 80
    assert max(wrong) == 0.0


def test_other_types_sizes_and_transforms_run_on_torch() -> None:
    model = moved(residual())
    x = torch.rand(3, 9, 10, 8)
    right = inferred(model, x, False)
    wide = residual()
    wide.load_state_dict(model.state_dict())
    wide = wide.double().eval()
    with torch.no_grad():
        close(wide(x.double()), right, 1e-5, "float64")
        turned = x.transpose(1, 2).contiguous().transpose(1, 2)
        close(model(turned), right, 1e-5, "another order in memory")
        mapped = torch.func.vmap(lambda one: model(one[None])[0])(x)
        close(mapped, right, 1e-5, "vmap")
        assert model(x[:0]).shape == (0, 9, 10, 8)


def test_bytes_are_scaled() -> None:
    model = moved(ends(layers.Rescaling(1 / 127.5, -1.0), layers.Conv2D(4, 3))())
    x = torch.randint(0, 256, (5, 9, 10, 3), dtype=torch.uint8)
    close(inferred(model, x, True), inferred(model, x, False), 1e-5, "bytes")


def test_memory_of_calls_is_kept_and_does_not_grow() -> None:
    model = moved(branches())
    with torch.no_grad():
        for images in (1, 33, 2, 40, 5) * 20:
            model(torch.rand(images, 9, 10, 16))
    (call,) = calls(model)
    assert len(call.program._rooms) == 1


def test_threads_that_lose_time_waiting_give_way_to_one_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = moved(branches())
    x = torch.rand(1, 9, 10, 16)
    right = inferred(model, x, True)[1]
    monkeypatch.setattr(library, "threads", lambda: 2)
    (call,) = calls(model)
    step = call._loaded(call.program.kind(1, 2))._steps[0]
    kernel = ctypes.CFUNCTYPE(
        ctypes.c_int32, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_int32
    )
    real, used = kernel(step.run), []

    def delayed(shape: int, images: int, values: int, threads: int) -> int:
        used.append(threads)
        time.sleep(0.02)  # as if another process had the core of one of them
        return int(real(shape, images, values, threads))

    slow = kernel(delayed)
    step.run, step.work = ctypes.cast(slow, ctypes.c_void_p).value, 10**7
    with torch.no_grad():
        for _ in range(3):
            assert torch.equal(model(x)[1], right)
    assert used == [2, 2, 1, 1]
