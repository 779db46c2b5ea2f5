"""On a CUDA device everything gives what it gives on the CPU: layers, losses, metrics, steps, fit.

Skipped as a whole where there is no such device.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate.training import losses, metrics
from tests.contract.cases import CASES, Case
from tests.contract.layer import outputs, randomise
from tests.training.losses import cases as loss_cases
from tests.training.metrics import cases as metric_cases
from tests.training.optimizers import cases as optimizer_cases

pytestmark = pytest.mark.torch
if not torch.cuda.is_available():
    pytest.skip("no CUDA device on this machine", allow_module_level=True)

# float32 sums of some hundred terms, taken in another order.
CLOSE = {"rtol": 1e-4, "atol": 1e-4}


@pytest.fixture(autouse=True)
def full_float32() -> Any:
    """cuDNN would otherwise multiply in TF32, with 10 bits of precision."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before


def on(device: str, case: Case, *, train: bool) -> list[torch.Tensor]:
    """Outputs, then gradients of inputs and weights."""
    layer = case.make()
    values = case.inputs()
    case.call(layer, values)
    randomise(list(layer.trainable_weights), seed=2)
    layer.to(device).train(train)
    tensors = [torch.from_numpy(v).to(device) for v in values]
    tensors = [t.requires_grad_() if t.is_floating_point() else t for t in tensors]
    made = outputs(case, layer, tensors)
    floats = [out for out in made if out.requires_grad]
    if floats:
        seeds = [torch.linspace(-1, 1, o.numel(), device=device).view(o.shape) for o in floats]
        torch.autograd.backward(floats, seeds)
    found = [*tensors, *layer.trainable_weights]
    return [*made, *(t.grad for t in found if t.grad is not None)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    for ours, plain in zip(
        on("cuda", case, train=False), on("cpu", case, train=False), strict=True
    ):
        assert ours.is_cuda
        np.testing.assert_allclose(ours.detach().cpu(), plain.detach(), **CLOSE)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer_in_training(case: Case) -> None:
    found = on("cuda", case, train=True)
    assert all(f.is_cuda for f in found)
    if not case.random and not case.rewrites:
        for ours, plain in zip(found, on("cpu", case, train=True), strict=True):
            np.testing.assert_allclose(ours.detach().cpu(), plain.detach(), **CLOSE)


@pytest.mark.parametrize("case", loss_cases.CASES, ids=str)
def test_loss(case: Any) -> None:
    loss = getattr(losses, case.name)(**case.arguments)
    y_true, y_pred = (torch.as_tensor(part) for part in loss_cases.draw(case.data, 0))
    found = loss(y_true.cuda(), y_pred.cuda())
    assert found.is_cuda
    np.testing.assert_allclose(found.cpu(), loss(y_true, y_pred), rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype")
@pytest.mark.parametrize("case", metric_cases.CASES + metric_cases.AREAS, ids=str)
def test_metric_without_waiting_for_the_device(case: Any) -> None:
    ours, plain = (getattr(metrics, case.name)(**case.arguments) for _ in range(2))
    for seed in range(3):
        y_true, y_pred = (torch.as_tensor(part) for part in metric_cases.draw(case.data, seed))
        for _ in range(2):
            plain.update_state(y_true, y_pred)
        on_device = y_true.cuda(), y_pred.cuda()
        ours.update_state(*on_device)
        try:
            torch.cuda.set_sync_debug_mode("error")
            ours.update_state(*on_device)  # the first call may make the state
        finally:
            torch.cuda.set_sync_debug_mode("default")
    np.testing.assert_allclose(ours.result().cpu(), plain.result(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "arguments"),
    optimizer_cases.CASES + optimizer_cases.SHARED,
    ids=optimizer_cases.case_id,
)
def test_optimizer(name: str, arguments: dict[str, Any]) -> None:
    made = []
    for device in ("cuda", "cpu"):
        params = {k: p.to(device) for k, p in optimizer_cases.parameters().items()}
        params = {k: torch.nn.Parameter(p.detach()) for k, p in params.items()}
        optimizer = optimizer_cases.make(name, arguments)
        optimizer.build(params.items())
        for step in range(5):
            for key, gradient in optimizer_cases.gradients(step).items():
                params[key].grad = optimizer_cases.stored(gradient).to(device)
            optimizer.step()
        made.append({key: p.detach().cpu().numpy() for key, p in params.items()})
    rounding = 1e-3 if name == "Muon" else 1e-5
    for key, value in made[0].items():
        np.testing.assert_allclose(value, made[1][key], rtol=rounding, atol=rounding)


def digits() -> st.Model:
    layers = st.layers
    return st.Sequential(
        [
            layers.Rescaling(1 / 255, input_shape=(28, 28, 1)),
            layers.Conv2D(16, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, use_bias=False),
            layers.BatchNormalization(momentum=0.8),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def data(count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.integers(0, 256, (count, 28, 28, 1), "uint8"), random.integers(0, 10, count)


@pytest.mark.parametrize("plan", [True, False])
@pytest.mark.parametrize("optimizer", ["rmsprop", "adam", "sgd"])
def test_fit_float32_follows_the_cpu(optimizer: str, plan: bool) -> None:
    x, y = data()
    start = digits().get_weights()
    histories = []
    for device in ("cuda", "cpu"):
        model = digits()
        model.set_weights(start)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(
            x,
            y,
            batch_size=64,
            epochs=2,
            seed=0,
            verbose=0,
            precision="float32",
            device=device,
            plan=plan,
        )
        histories.append(history.history["loss"])
        assert model.predict(x[:5], device=device).shape == (5, 10)
    np.testing.assert_allclose(histories[0], histories[1], rtol=5e-3)


def test_fit_auto_multiplies_in_bfloat16_and_learns(tmp_path: Any) -> None:
    x, _ = data(640)
    y = (x.mean((1, 2, 3)) > np.median(x.mean((1, 2, 3)))).astype("int64")
    x[y == 1, :14] //= 4
    model = digits()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, batch_size=64, epochs=5, seed=0, verbose=0, device="cuda")
    assert history.history["loss"][-1] < history.history["loss"][0] / 2
    assert model.evaluate(x, y, verbose=0, return_dict=True)["accuracy"] > 0.9
    before = model.predict(x[:7], device="cuda")
    model.save(tmp_path / "model.striate")
    again = st.load_model(tmp_path / "model.striate")
    np.testing.assert_allclose(again.predict(x[:7], device="cpu"), before, rtol=1e-2, atol=1e-3)


def test_a_checkpoint_from_cuda_goes_on_exactly(tmp_path: Any) -> None:
    x, y = data()

    def run(folder: str, epochs: tuple[int, ...]) -> list[np.ndarray]:
        for count in epochs:
            backup = st.callbacks.BackupAndRestore(tmp_path / folder, delete_checkpoint=False)
            model = digits()
            model.set_weights(start)
            model.compile("adam", "sparse_categorical_crossentropy")
            model.fit(
                x,
                y,
                epochs=count,
                seed=3,
                verbose=0,
                device="cuda",
                precision="float32",
                callbacks=[backup],
            )
        return model.get_weights()

    start = digits().get_weights()
    torch.backends.cudnn.deterministic = True
    try:
        whole, parts = run("whole", (3,)), run("parts", (2, 3))
    finally:
        torch.backends.cudnn.deterministic = False
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
