"""The limits of the machine: matrix products per second and precision, bytes moved per second."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks.workers.protocol import Task, Worker, serve


class LimitsWorker(Worker):
    """One limit, chosen by the setting `precision`; "bandwidth" is one, too.

    A product of two square matrices of `size`, large enough for its rate not to grow any more, in
    one of two forms: "mm", or "1x1", a convolution of one pixel, which is the same product by
    another library (on some processors the faster one). For bandwidth the sum of two vectors far
    larger than caches into a third.
    """

    def __init__(self, request: dict[str, Any]) -> None:
        torch.set_num_threads(request["threads"])

    def versions(self) -> dict[str, str]:
        return {"torch": torch.__version__}

    def prepare(self, task: Task) -> None:
        self.device = torch.device(task.device)
        size, kind, form = (task.setting[n] for n in ("size", "precision", "form"))
        torch.backends.cuda.matmul.allow_tf32 = kind == "tf32"
        torch.backends.cudnn.allow_tf32 = kind == "tf32"
        torch.backends.cudnn.benchmark = True
        dtype = getattr(torch, kind, torch.float32)
        if kind == "bandwidth":
            a, b = (torch.ones(size, device=self.device) for _ in range(2))
            out = torch.empty_like(a)
            self.run = lambda: torch.add(a, b, out=out)
        elif form == "mm":
            a, b = (torch.randn(size, size, device=self.device).to(dtype) for _ in range(2))
            self.run = lambda: torch.mm(a, b)
        else:
            side = size // 32
            images = torch.randn(1, side, 32, size, device=self.device, dtype=dtype)
            weight = torch.randn(size, size, 1, 1, device=self.device, dtype=dtype)
            x, w = images.permute(0, 3, 1, 2), weight.to(memory_format=torch.channels_last)
            self.run = lambda: torch.nn.functional.conv2d(x, w)

    def steps(self, count: int) -> None:
        with torch.inference_mode():
            for _ in range(count):
                self.run()

    def wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()


if __name__ == "__main__":
    serve(LimitsWorker)
