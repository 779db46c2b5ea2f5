"""From what a person passes to `build` to parameter groups, and from groups to buckets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch

from striate.errors import ArgumentError, NotBuiltError, message, unknown_name
from striate.training.optimizers.accumulation import Gathered
from striate.training.optimizers.buckets import Bucket, like
from striate.training.optimizers.checks import check_number

GROUP_KEYS = ("params", "param_names", "learning_rate_multiplier", "weight_decay")

Groups = list[dict[str, Any]]
State = dict[torch.Tensor, dict[str, torch.Tensor]]


def read_groups(where: str, parameters: Iterable[Any]) -> Groups:
    """Groups from tensors, (name, tensor) pairs, or dicts of either.

    Raises:
        ArgumentError: there are no parameters, or one appears twice.
    """
    given = list(parameters)
    if given and all(isinstance(item, Mapping) for item in given):
        groups = [read_group(where, item) for item in given]
    else:
        groups = [read_group(where, {"params": given})]
    params = [p for group in groups for p in group["params"]]
    if not params:
        raise ArgumentError(
            message(
                where,
                "there are no parameters to train",
                expected="at least one tensor",
                fix="Build the model first, then optimizer.build(model.named_parameters())",
            )
        )
    if len(set(map(id, params))) < len(params):
        raise ArgumentError(message(where, "a parameter appears more than once"))
    return groups


def read_group(where: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """One group with its tensors and names apart and its settings checked."""
    for key in given:
        if key not in GROUP_KEYS:
            raise unknown_name(where, "setting of a parameter group", key, GROUP_KEYS)
    group = dict(given)
    members = group.get("params", ())
    pairs = [_pair(where, m) for m in ([members] if torch.is_tensor(members) else members)]
    group["params"] = [tensor for _, tensor in pairs]
    if any(name for name, _ in pairs):
        group["param_names"] = [name for name, _ in pairs]
    multiplier = group.get("learning_rate_multiplier", 1.0)
    group["learning_rate_multiplier"] = check_number(
        where, "learning_rate_multiplier", multiplier, "[0, inf)"
    )
    if group.get("weight_decay") is not None:
        group["weight_decay"] = check_number(
            where, "weight_decay", group["weight_decay"], "[0, inf)"
        )
    return group


def _pair(where: str, member: Any) -> tuple[str, torch.Tensor]:
    name, tensor = member if isinstance(member, tuple) and len(member) == 2 else ("", member)
    if not isinstance(tensor, torch.Tensor):
        raise ArgumentError(
            message(
                where,
                "not a parameter",
                got={"parameter": tensor},
                expected="tensors, (name, tensor) pairs, or dicts with params",
                fix="Use optimizer.build(model.named_parameters())",
            )
        )
    if not tensor.is_leaf or not tensor.is_floating_point():
        raise ArgumentError(
            message(
                where,
                f"the parameter {name or 'without a name'} cannot be trained",
                got={"dtype": str(tensor.dtype), "is_leaf": tensor.is_leaf},
                expected="a floating-point tensor that is not the result of an operation",
            )
        )
    return str(name), tensor


def check_built(where: str, built: bool) -> None:
    """Raises a NotBuiltError if no parameters are bound yet."""
    if not built:
        fix = "Call optimizer.build(model.named_parameters())"
        raise NotBuiltError(message(where, "no parameters are bound yet", fix=fix))


def check_same(where: str, bound: Iterable[Mapping[str, Any]], given: Groups) -> None:
    """Raises an ArgumentError if an optimizer bound to some parameters is given others."""
    before, now = (
        {id(p) for group in groups for p in group["params"]} for groups in (bound, given)
    )
    if before != now:
        raise ArgumentError(
            message(
                where,
                "the optimizer is bound to other parameters",
                got={"bound": len(before), "new": len(now - before)},
                expected="one optimizer per model",
                fix=f"Make a new one: {where}.from_config(optimizer.get_config())",
            )
        )


def check_gradients(where: str, gathered: Gathered) -> None:
    """Raises an ArgumentError if there is no gradient at all, or a sparse one."""
    if not gathered:
        fix = "Call loss.backward() before optimizer.step()"
        raise ArgumentError(message(where, "no parameter has a gradient", fix=fix))
    for bucket, grads in gathered:
        for name, g in zip(bucket.names, grads, strict=True):
            if g.is_sparse:
                fault = f"the gradient of {name or 'a parameter'} is sparse"
                fix = "Use dense gradients, as in torch.nn.Embedding(..., sparse=False)"
                raise ArgumentError(message(where, fault, fix=fix))


def named_members(group: Mapping[str, Any]) -> list[tuple[str, torch.Tensor]]:
    """The (name, tensor) pairs of a group; names are "" where unknown."""
    params = group["params"]
    return list(zip(group.get("param_names") or [""] * len(params), params, strict=True))


def arrange(
    groups: Iterable[dict[str, Any]],
    state: State,
    kind_of: Callable[[str, torch.Tensor], str],
    new_state: Callable[[torch.Tensor, str], dict[str, torch.Tensor]],
    decays: Callable[[str, torch.Tensor], bool],
) -> tuple[list[Bucket], list[torch.Tensor]]:
    """The buckets of all parameters that train, and the parameters that do not.

    State is made where there is none yet, and follows a parameter that has moved to another device
    or dtype.
    """
    idle: list[torch.Tensor] = []
    sorted_in: dict[tuple[int, torch.device, torch.dtype, str], Bucket] = {}
    buckets: list[Bucket] = []
    for index, group in enumerate(groups):
        for name, p in named_members(group):
            if not p.requires_grad:
                idle.append(p)
                continue
            kind = kind_of(name, p)
            slots = state[p] if p in state else new_state(p, kind)
            state[p] = {slot: _fitted(p, value) for slot, value in slots.items()}
            key = (index, p.device, p.dtype, kind)
            if key not in sorted_in:
                sorted_in[key] = Bucket(group, kind, [p], [name], [decays(name, p)], [state[p]])
                buckets.append(sorted_in[key])
                continue
            bucket = sorted_in[key]
            bucket.params.append(p)
            bucket.names.append(name)
            bucket.decays.append(decays(name, p))
            bucket.states.append(state[p])
    return buckets, idle


def _fitted(p: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    same_order = value.shape != p.shape or value.stride() == torch.empty_like(p).stride()
    if value.device == p.device and value.dtype == p.dtype and same_order:
        return value
    return like(p, value)
