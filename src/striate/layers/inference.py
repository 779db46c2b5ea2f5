"""Finding the output shapes of user code: run it on tensors without data, twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from striate import errors
from striate.graph.record import Symbol
from striate.graph.spec import Spec
from striate.layers.calls import Hole, Template, leaves

if TYPE_CHECKING:
    from striate.layers.base import Layer

OPEN = (29, 31)  # stand in for open sizes: primes above any size that code produces by accident
FEW = (2, 3)  # where the code needs values, so that it computes little


def infer_outputs(
    layer: Layer, template: Template, symbols: Sequence[Symbol]
) -> tuple[tuple[Spec, ...], Template]:
    """Specs of what `layer.call` returns for inputs of these specs, and how it packs them.

    An output size that changes with the stand-in of an open input size is open itself.

    Where the code cannot run without data (it calls NumPy, or makes tensors of its own), the
    layer's own `compute_output_shape` is asked; without one, the code runs on zeros.

    Raises:
        ShapeError: the code cannot run on these shapes; its own error is the cause.
    """
    try:
        runs = [_outputs(_run_on_meta(layer, template, symbols, n), layer) for n in OPEN]
    except errors.StriateError:
        raise
    except Exception as error:
        if "meta" not in str(error).lower():  # torch's word for tensors without data
            raise _cannot_run(layer, symbols, error) from error
        if layer.states_shape:
            return _stated(layer, template, symbols)
        try:
            runs = [_outputs(_run_on_zeros(layer, template, symbols, n), layer) for n in FEW]
        except errors.StriateError:
            raise
        except Exception as second:
            raise _cannot_run(layer, symbols, second, layer.shape_fix) from second
    (first, structure), (second_run, _) = runs
    specs = tuple(_open_where_different(a, b) for a, b in zip(first, second_run, strict=True))
    return specs, structure


def _cannot_run(
    layer: Layer, symbols: Sequence[Symbol], error: Exception, fix: str = ""
) -> errors.ShapeError:
    return errors.ShapeError(
        errors.message(
            layer.where,
            f"its code cannot run on this input ({type(error).__name__}: {error})",
            got={"input shapes": tuple(s.shape for s in symbols)},
            expected="a `call` of torch operations that fit these shapes",
            fix=fix,
        )
    )


def _run_on_meta(layer: Layer, template: Template, symbols: Sequence[Symbol], stand_in: int) -> Any:
    args, kwargs = template.join([_made(torch.empty, s.spec, stand_in, "meta") for s in symbols])
    weights = {n: w.to("meta") for n, w in [*layer.named_parameters(), *layer.named_buffers()]}
    try:
        with torch.no_grad():
            return torch.func.functional_call(layer, weights, tuple(args), kwargs)
    finally:
        layer.forget_losses()  # they have no values


def _stated(
    layer: Layer, template: Template, symbols: Sequence[Symbol]
) -> tuple[tuple[Spec, ...], Template]:
    """By what the user says the shape is: one shape, or a list of them for several outputs."""
    found = layer.compute_output_shape(template.first_argument([s.shape for s in symbols]))
    many = bool(found) and isinstance(found[0], (tuple, list))
    dtype = symbols[0].dtype if "float" in symbols[0].dtype else "float32"
    specs = tuple(Spec(tuple(shape), dtype) for shape in (found if many else [found]))
    holes = [Hole(i) for i in range(len(specs))]
    return specs, Template((holes if many else holes[0],), {})


def _run_on_zeros(
    layer: Layer, template: Template, symbols: Sequence[Symbol], stand_in: int
) -> Any:
    args, kwargs = template.join([_made(torch.zeros, s.spec, stand_in, "cpu") for s in symbols])
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            return layer(*args, **kwargs)
    finally:
        layer.forget_losses()


def _made(make: Callable[..., Tensor], spec: Spec, stand_in: int, device: str) -> Tensor:
    shape = tuple(stand_in if n is None else n for n in spec.shape)
    return make(shape, dtype=getattr(torch, spec.dtype), device=device)


def _outputs(out: Any, layer: Layer) -> tuple[tuple[Tensor, ...], Template]:
    found = leaves(out)
    if found and all(isinstance(o, Tensor) for o in found):
        return tuple(found), Template.split((out,), {}, (Tensor,))[0]
    raise errors.ShapeError(
        errors.message(
            layer.where,
            "its `call` does not return tensors",
            got={"returned": type(out).__name__},
            expected="a tensor, or a list, tuple or dict of tensors",
        )
    )


def _open_where_different(a: Tensor, b: Tensor) -> Spec:
    shape = tuple(n if n == m else None for n, m in zip(a.shape, b.shape, strict=True))
    return Spec(shape, str(a.dtype).removeprefix("torch."))
