"""Runs to accuracy: their clock, what they return, the table made of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import striate as st
from benchmarks import page, report
from benchmarks.networks.quick import quick_digits
from benchmarks.workers import learning
from benchmarks.workers.striate_worker import StriateWorker

pytestmark = pytest.mark.torch


def test_whitened_patches_have_zero_mean_and_unit_covariance() -> None:
    rng = np.random.default_rng(0)
    smooth = rng.integers(0, 200, (400, 8, 8, 1)) + rng.integers(0, 56, (400, 8, 8, 3))
    x = smooth.astype(np.uint8)
    kernel, bias = learning.whitening(x, filters=24, size=2)
    assert kernel.shape == (2, 2, 3, 24)
    patches = np.lib.stride_tricks.sliding_window_view(x / 255.0, (2, 2), axis=(1, 2))
    flat = patches.transpose(0, 1, 2, 4, 5, 3).reshape(-1, 12)
    out = flat @ kernel.reshape(12, 24) + bias
    np.testing.assert_allclose(out.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(np.cov(out[:, :12], rowvar=False), np.eye(12), atol=0.05)
    np.testing.assert_allclose(out[:, 12:], -out[:, :12], atol=1e-4)


def test_convolutions_begin_by_passing_channels_on() -> None:
    conv = st.layers.Conv2D(6, 3, padding="same", use_bias=False)
    model = st.Sequential([st.layers.Input((5, 5, 4)), conv])
    random = conv.get_weights()[0]
    learning.pass_on(model.layers)
    x = np.random.default_rng(0).random((2, 5, 5, 4), dtype=np.float32)
    np.testing.assert_allclose(model.predict(x, verbose=0)[..., :4], x, atol=1e-6)
    np.testing.assert_array_equal(conv.get_weights()[0][..., 4:], random[..., 4:])


@pytest.mark.parametrize("recipe", [None, {"label_smoothing": 0.1}])
def test_a_run_notes_each_epoch(tmp_path: Path, recipe: dict[str, float] | None) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 255, (64, 28, 28, 1)).astype(np.uint8), rng.integers(0, 10, 64)
    np.savez(tmp_path / "images.npz", x=x, y=y, x_test=x[:20], y_test=y[:20])
    (tmp_path / "graph.json").write_text(quick_digits().graph.to_json(), encoding="utf-8")
    worker = StriateWorker({"threads": 1, "device": "cpu"})
    request = {"folder": str(tmp_path), "epochs": 2, "batch": 32, "optimizer": "rmsprop"}
    request |= {"recipe": recipe, "seed": 0, "whiten": False, "precision": "float32"}
    answer = json.loads(json.dumps(worker.learn(request)))
    first, second = answer["epochs"]
    assert 0 < first["seconds"] < second["seconds"]
    assert 0 <= second["accuracy"] <= 1
    assert answer["images"] == 64
    case = {"what": "accuracy_mnist", "case": "ours", "network": "quick_digits", "epochs": 2}
    case |= {"parameters": 94_426, "macs": 1, "batch": 32, "precision": "float32", "failed": ""}
    case |= {"targets": [0.0, 2.0], "seeds": [answer, answer]}
    text = report.accuracy_text(case, {"float32 mm": [1e9]})
    assert "0.0%: " in text
    assert "200.0%: not reached" in text
    assert "(2 seeds)" in text
    (row,) = page.accurate({"cases": [case]})[2:]
    assert row.startswith("| ours | 2 | ")
    assert "not reached" in row
