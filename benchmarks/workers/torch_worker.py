"""PyTorch: as tutorials write it, with every trick by hand, and compiled.

Settings: `tuned` (channels last, pooling before relu, relu in place, fused or foreach optimizer,
batch normalisation folded for inference, TF32), `autocast` ("bfloat16"), `compile` (a mode of
`torch.compile`). The allocator's settings are variables of the environment; see `contenders.py`.
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from benchmarks.workers import torch_network
from benchmarks.workers.protocol import Task, Worker, logits_at_end, serve


class TorchWorker(Worker):
    """Loops written by hand."""

    def __init__(self, request: dict[str, Any]) -> None:
        torch.set_num_threads(request["threads"])

    def versions(self) -> dict[str, str]:
        return {"torch": torch.__version__}

    def prepare(self, task: Task) -> None:
        self.task, self.tuned = task, bool(task.setting.get("tuned"))
        self.device = torch.device(task.device)
        _set_exact(task.check, self.tuned)
        graph = task.graph()
        self.softmax = logits_at_end(graph)
        network = torch_network.build(graph, task.weights(), self.tuned)
        network = network.train() if task.training else network.eval()
        if self.tuned and not task.training:
            network = folded(network)
        if self.tuned:
            network = network.to(memory_format=torch.channels_last)
        self.network: Any = network.to(self.device)
        self.optimizer = optimizer_of(network, task.optimizer, self.tuned, self.device)
        if task.setting.get("compile"):
            self.network = torch.compile(network, mode=task.setting["compile"])
        self.data = self._tensors(task) if task.training else []
        self.arrays = task.batches()

    def _tensors(self, task: Task) -> list[tuple[torch.Tensor, torch.Tensor]]:
        return [(self._images(x), torch.from_numpy(y).to(self.device)) for x, y in task.batches()]

    def _images(self, x: np.ndarray) -> torch.Tensor:
        """An array in the layout of the network: a view for channels last, else a copy."""
        images = torch.from_numpy(x).permute(0, 3, 1, 2).to(self.device)
        return images if self.tuned else images.contiguous()

    def _cast(self) -> contextlib.AbstractContextManager[Any]:
        name = None if self.task.check else self.task.setting.get("autocast")
        if name is None:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=getattr(torch, name))

    def _train(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        self.optimizer.zero_grad()
        with self._cast():
            logits = self.network(x)
            loss = nn.functional.cross_entropy(logits, y)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def step(self, batch: int) -> float:
        return float(self._train(*self.data[batch % len(self.data)]))

    def steps(self, count: int) -> None:
        for i in range(count):
            self._train(*self.data[i % len(self.data)])

    def epoch(self) -> None:
        """With a `DataLoader` and a running loss, as in tutorials; tuned: slices of tensors."""
        x, y = self.task.data()
        total = torch.zeros((), device=self.device)
        if self.tuned:
            for images, labels in self._sliced(x, y):
                total += self._train(images, labels)
            float(total)
            return
        images = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
        dataset = torch.utils.data.TensorDataset(images, torch.from_numpy(y))
        loader = torch.utils.data.DataLoader(dataset, batch_size=self.task.batch, shuffle=True)
        running = 0.0
        for some, labels in loader:
            running += float(self._train(some.to(self.device), labels.to(self.device)))

    def _sliced(self, x: np.ndarray, y: np.ndarray) -> Any:
        images, labels = torch.from_numpy(x).to(self.device), torch.from_numpy(y).to(self.device)
        order = torch.randperm(len(x), device=self.device)
        for some in order.split(self.task.batch):
            yield images[some].permute(0, 3, 1, 2), labels[some]

    def call(self, batch: int) -> np.ndarray:
        x, _ = self.arrays[batch % len(self.arrays)]
        with torch.inference_mode(), self._cast():
            images = torch.from_numpy(x).to(self.device).permute(0, 3, 1, 2)
            logits = self.network(images if self.tuned else images.contiguous())
            out = logits.float()
            return (out.softmax(1) if self.softmax else out).cpu().numpy()

    def wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def device_memory(self) -> int:
        return torch.cuda.max_memory_allocated() if self.device.type == "cuda" else 0


def _set_exact(exact: bool, tuned: bool) -> None:
    """Full float32 products where equality is checked; TF32 where tricks are allowed."""
    torch.backends.cudnn.allow_tf32 = not exact
    torch.backends.cuda.matmul.allow_tf32 = tuned and not exact
    torch.backends.cudnn.benchmark = tuned and not exact


def optimizer_of(
    network: nn.Module, wanted: dict[str, Any], tuned: bool, device: torch.device
) -> torch.optim.Optimizer:
    """PyTorch's optimizer of a name; fused where PyTorch has a fused form of it, if tuned."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    options = {k: v for k, v in wanted.items() if k not in ("name", "learning_rate")}
    rate = wanted.get("learning_rate", 1e-3)
    if wanted.get("name") == "rmsprop":
        many = {"foreach": True} if tuned else {}
        return torch.optim.RMSprop(parameters, lr=rate, alpha=0.9, eps=1e-7, **many)
    fused = {"fused": True} if tuned else {}
    if wanted.get("name") in ("adam", "adamw"):
        kind = torch.optim.Adam if wanted["name"] == "adam" else torch.optim.AdamW
        return kind(parameters, lr=rate, eps=1e-7, **fused, **options)
    return torch.optim.SGD(parameters, lr=rate, **fused, **options)


def folded(network: nn.Module) -> nn.Module:
    """Batch normalisations that follow a convolution become part of it."""
    if isinstance(network, nn.Sequential):
        parts = list(network)
        for i in range(len(parts) - 1):
            if isinstance(parts[i], nn.Conv2d) and isinstance(parts[i + 1], nn.BatchNorm2d):
                parts[i] = fuse_conv_bn_eval(parts[i], parts[i + 1])
                parts[i + 1] = nn.Identity()
        return nn.Sequential(*[p for p in parts if not isinstance(p, nn.Identity)]).eval()
    if isinstance(network, torch_network.Network):
        parts = list(network.parts)
        made = {name: i for i, (name, _, _) in enumerate(network.wiring)}
        read = [n for _, inputs, _ in network.wiring for n in inputs]
        for i, (_, inputs, _) in enumerate(network.wiring):
            before = made.get(inputs[0])
            if before is None or read.count(inputs[0]) > 1:
                continue
            if isinstance(parts[i], nn.BatchNorm2d) and isinstance(parts[before], nn.Conv2d):
                network.parts[before] = fuse_conv_bn_eval(parts[before], parts[i])
                network.parts[i] = nn.Identity()
    return network


if __name__ == "__main__":
    serve(TorchWorker)
