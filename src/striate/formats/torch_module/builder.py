"""Builder: a plain torch module in the making, one call after another."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, fx, nn

Value = fx.Node


@dataclass
class Builder:
    """Collects modules of `torch.nn` and the calls between them.

    Args:
        root: holds the modules, parameters and buffers.
        calls: what is called, in order.
        constructors: the source text that makes each module, by its name.
        asked: the name that a module was to have, by the one it has.
        notes: what the result does not do, one line each.
        flattened: values whose last axis lies in torch's order (C, *spatial) although the network
            counts it as (*spatial, C), with (C, *spatial).
        held: the names of parameters by the `id` of the model's own.
    """

    root: nn.Module = field(default_factory=nn.Module)
    calls: fx.Graph = field(default_factory=fx.Graph)
    constructors: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    flattened: dict[Value, tuple[int, ...]] = field(default_factory=dict)
    held: dict[int, str] = field(default_factory=dict)

    def free(self, name: str) -> str:
        """An identifier for a layer's name that nothing has yet."""
        plain = re.sub(r"\W", "_", name, flags=re.ASCII)
        if not plain[:1].isalpha() or keyword.iskeyword(plain) or plain in dir(nn.Module):
            plain = f"layer_{plain}"
        found, number = plain, 1
        while hasattr(self.root, found):
            found, number = f"{plain}_{number}", number + 1
        return found

    def module(
        self, name: str, made: type[nn.Module], *args: Any, **kwargs: Any
    ) -> tuple[str, nn.Module]:
        """Adds a module of `torch.nn`; its name and itself."""
        asked, name = name, self.free(name)
        self.asked[name] = asked
        self.root.add_module(name, made(*args, **kwargs))
        shown = [repr(a) for a in args] + [f"{k}={v!r}" for k, v in kwargs.items()]
        shown = [re.sub(r"\b(-?)inf\b", r'float("\1inf")', text) for text in shown]
        self.constructors[name] = f"nn.{made.__name__}({', '.join(shown)})"
        return name, self.root.get_submodule(name)

    def drop(self, name: str) -> None:
        """Takes a module away that nothing calls any more."""
        delattr(self.root, name)
        del self.constructors[name]

    def run(self, name: str, *inputs: Value) -> Value:
        """Calls a module."""
        return self.calls.call_module(name, inputs)

    def through(
        self, name: str, x: Value, made: type[nn.Module], *args: Any, **kwargs: Any
    ) -> Value:
        """Adds a module without weights and calls it."""
        return self.run(self.module(name, made, *args, **kwargs)[0], x)

    def apply(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Value:
        """Calls a function of torch."""
        return self.calls.call_function(function, args, kwargs)

    def method(self, name: str, x: Value, *args: Any, **kwargs: Any) -> Value:
        """Calls a method of a tensor."""
        return self.calls.call_method(name, (x, *args), kwargs)

    def buffer(self, name: str, value: Tensor) -> Value:
        """Adds a constant."""
        name = self.free(name)
        self.root.register_buffer(name, value.detach().clone())
        return self.calls.get_attr(name)

    def parameter(self, name: str, value: Tensor) -> Value:
        """Adds a weight that no module of `torch.nn` holds; once, however often it is used."""
        if id(value) not in self.held:
            name = self.held[id(value)] = self.free(name)
            own = nn.Parameter(value.detach().clone(), requires_grad=value.requires_grad)
            self.root.register_parameter(name, own)
        return self.calls.get_attr(self.held[id(value)])

    def last_axis_first(self, x: Value, rank: int) -> Value:
        """(N, ..., C) -> (N, C, ...)."""
        return x if rank < 3 else self.moved(x, -1, 1)

    def first_axis_last(self, x: Value, rank: int) -> Value:
        """(N, C, ...) -> (N, ..., C)."""
        return x if rank < 3 else self.moved(x, 1, -1)

    def moved(self, x: Value, source: int, destination: int) -> Value:
        """One axis moved; moving it back gives what was there."""
        if x.target is torch.movedim and x.args[1:] == (destination, source):
            back = x.args[0]
            return back if isinstance(back, fx.Node) else x
        return self.apply(torch.movedim, x, source, destination)


def copy_weights(module: nn.Module, values: Mapping[str, Tensor | None]) -> None:
    """Sets a module's parameters and buffers; None leaves one as it is, and not trained.

    Args:
        module: whose.
        values: by name, in torch's order; trained if they are.
    """
    with torch.no_grad():
        for name, value in values.items():
            own = getattr(module, name)
            if value is not None:
                own.copy_(value)
            if isinstance(own, nn.Parameter):
                own.requires_grad_(value is not None and value.requires_grad)
