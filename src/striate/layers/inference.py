"""Finding the output shapes of user code: run it on tensors without data, twice."""

from __future__ import annotations

from collections.abc import Sequence
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


def infer_outputs(
    layer: Layer, template: Template, symbols: Sequence[Symbol]
) -> tuple[tuple[Spec, ...], Template]:
    """Specs of what `layer.call` returns for inputs of these specs, and how it packs them.

    An output size that changes with the stand-in of an open input size is open itself.

    Where the code cannot run without data, the layer's own `compute_output_shape` is asked.

    Raises:
        ShapeError: the code cannot run on these shapes; its own error is the cause.
    """
    runs = []
    for stand_in in OPEN:
        inputs = [_meta(s.spec, stand_in) for s in symbols]
        try:
            runs.append(_outputs(_run_on_meta(layer, template, inputs), layer))
        except errors.StriateError:
            raise
        except Exception as error:
            needs_values = "meta" in str(error).lower()  # torch's words for tensors without data
            if needs_values and layer.states_shape:
                return _stated(layer, template, symbols)
            raise errors.ShapeError(
                errors.message(
                    layer.where,
                    f"its code cannot run on this input ({type(error).__name__}: {error})",
                    got={"input shapes": tuple(s.shape for s in symbols)},
                    expected="a `call` of torch operations that fit these shapes",
                    fix=layer.shape_fix if needs_values else "",
                )
            ) from error
    (first, structure), (second, _) = runs
    specs = tuple(_open_where_different(a, b) for a, b in zip(first, second, strict=True))
    return specs, structure


def _run_on_meta(layer: Layer, template: Template, inputs: list[Tensor]) -> Any:
    args, kwargs = template.join(inputs)
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


def _meta(spec: Spec, stand_in: int) -> Tensor:
    shape = tuple(stand_in if n is None else n for n in spec.shape)
    return torch.empty(shape, dtype=getattr(torch, spec.dtype), device="meta")


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
