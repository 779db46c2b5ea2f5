"""The base of all optimizers: Keras's constructor and meaning on top of PyTorch's `Optimizer`."""

from __future__ import annotations

import abc
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import torch

from striate.training.optimizers import accumulation, averages, configs, gradients, grouping, saving
from striate.training.optimizers.accumulation import Gathered
from striate.training.optimizers.buckets import Bucket, StepValues
from striate.training.optimizers.decay import DecayExclusion
from striate.training.optimizers.native import NativeRule, update_natively
from striate.training.optimizers.options import Options, checked_options, full_signature
from striate.training.optimizers.rate import LearningRate, Rate
from striate.training.optimizers.schedules.schedule import LearningRateSchedule
from striate.training.optimizers.torch_optimizer import TorchOptimizer

if TYPE_CHECKING:
    from typing import Unpack

Own = TypeVar("Own", bound="Optimizer")


class Optimizer(TorchOptimizer, abc.ABC):
    """Changes parameters against their gradients; what all algorithms have in common.

    Made without parameters, as in Keras; `build(parameters)` binds them, and from then on it is a
    normal `torch.optim.Optimizer` (`step`, `zero_grad`, `state_dict`, hooks, torch's schedulers).
    One step, in this order, as in Keras: gradients divided by `loss_scale_factor`; accumulated;
    clipped; weights multiplied by `1 - weight_decay * learning_rate`; the algorithm's update;
    the moving average. Parameters without a gradient are left as they are. No step waits for a
    device.

    An algorithm of your own sets its arguments as attributes and calls this constructor last; it
    defines `new_state` and `update_one`, the clearest form of its rule, and may define
    `update_many`, the same for a whole bucket with `torch._foreach_*` calls.

    Args:
        learning_rate: a number, a schedule (called with the number of steps taken), or a function
            (called without arguments if it can be, else with the number of steps taken).
        weight_decay: share of each weight taken away per step and unit of learning rate; None: off.
        clipnorm: highest norm of each gradient by itself; None or 0: off.
        clipvalue: highest absolute value of a gradient's elements; None or 0: off.
        global_clipnorm: highest common norm of all gradients; None or 0: off.
        use_ema: whether to keep a moving average of the weights.
        ema_momentum: share of the old average in the new one.
        ema_overwrite_frequency: the weights become their average every so many updates; None: only
            when `finalize_ema` is called.
        loss_scale_factor: the loss is multiplied by it (`scale_loss`), gradients are divided by it,
            so that float16 gradients do not vanish.
        gradient_accumulation_steps: updates only every so many calls of `step`, with the mean of
            their gradients. Schedules still count calls, the rest counts updates.
        name: the class in lower case by default.

    Raises:
        ArgumentError: an argument is out of range, or gradients are to be clipped in two ways.
        UnknownNameError: an argument does not exist.
    """

    # The argument that a one-cycle schedule may move, where an algorithm has one.
    momentum_argument: ClassVar[str | None] = None

    # How updates are computed: "native" (by our own kernel), "fused" (by torch's; both where they
    # fit, else the next), "foreach", or "plain" (tensor by tensor). Only rounding differs.
    form: str = "native"

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls.__signature__ = full_signature(cls.__init__)  # type: ignore[attr-defined]

    def __init__(self, learning_rate: LearningRate, **options: Unpack[Options]) -> None:
        where = type(self).__name__
        checked = checked_options(where, options, inspect.signature(type(self)).parameters)
        self.weight_decay = checked["weight_decay"]
        self.clipnorm = checked["clipnorm"]
        self.clipvalue = checked["clipvalue"]
        self.global_clipnorm = checked["global_clipnorm"]
        self.use_ema = checked["use_ema"]
        self.ema_momentum = checked["ema_momentum"]
        self.ema_overwrite_frequency = checked["ema_overwrite_frequency"]
        self.loss_scale_factor = checked["loss_scale_factor"]
        self.gradient_accumulation_steps = checked["gradient_accumulation_steps"]
        self.name = checked["name"] or where.lower()
        self.built = False
        self.scalars: dict[str, float] = {}
        self._iterations = 0
        self._ema_swapped = False
        self._exclusion = DecayExclusion(where)
        self._buckets: list[Bucket] = []
        self._idle: list[torch.Tensor] = []
        self._rate = Rate(self)
        # PyTorch wants parameters now, ours come later: an empty group, taken away again.
        super().__init__([{"params": []}], {})
        self.param_groups.clear()
        self._rate.set(learning_rate)

    # What an algorithm defines.

    @abc.abstractmethod
    def new_state(self, p: torch.Tensor, kind: str) -> dict[str, torch.Tensor]:
        """The state of a parameter before its first update, made with `torch.zeros_like(p)`."""

    @abc.abstractmethod
    def update_one(
        self, p: torch.Tensor, g: torch.Tensor, state: dict[str, torch.Tensor], at: StepValues
    ) -> None:
        """The rule for one parameter and its gradient, in its clearest form."""

    def update_many(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        """The rule for a bucket; by default one parameter after the other."""
        for p, g, state in zip(bucket.params, grads, bucket.states, strict=True):
            self.update_one(p, g, state, at)

    def native_rule(self, at: StepValues) -> NativeRule | None:
        """The rule as our own kernel knows it; None: it does not."""
        return None

    def update_bucket(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        """Weight decay and the rule, in the form asked for."""
        if self.form != "native" or not update_natively(self, bucket, grads, at):
            self.update_by_torch(bucket, grads, at)

    def update_by_torch(self, bucket: Bucket, grads: list[torch.Tensor], at: StepValues) -> None:
        """The same without our own kernel."""
        if (decay := self.decay_of(bucket)) and bucket.decayed:
            torch._foreach_mul_(bucket.decayed, 1.0 - decay * at.learning_rate)
        (Optimizer if self.form == "plain" else type(self)).update_many(self, bucket, grads, at)

    def before_update(self, number: int) -> None:
        """Brings `scalars`, numbers that all parameters share, to update `number` (from 1)."""

    def kind_of(self, name: str, p: torch.Tensor) -> str:
        """The treatment of a parameter, for algorithms that have more than one."""
        return ""

    def decay_of(self, bucket: Bucket) -> float | None:
        """The weight decay of a bucket: its group's, else the optimizer's."""
        return bucket.group.get("weight_decay", self.weight_decay)

    # Numbers that change while training.

    @property
    def learning_rate(self) -> float:
        """The rate of the next step. Settable: a number, or a schedule or function.

        Raises:
            ArgumentError: a number is set while a schedule is; as in Keras, the schedule stays.
        """
        return self._rate.at(self._iterations)

    @learning_rate.setter
    def learning_rate(self, value: LearningRate) -> None:
        self._rate.set(value)

    @property
    def schedule(self) -> LearningRateSchedule | None:
        """The schedule of the learning rate; None sets the rate free at its present value."""
        return self._rate.schedule

    @schedule.setter
    def schedule(self, schedule: LearningRateSchedule | None) -> None:
        if schedule is None:
            self._rate.free(self.learning_rate)
        else:
            self._rate.follow(schedule)

    @property
    def iterations(self) -> int:
        """Updates so far; with accumulated gradients, fewer than calls of `step`."""
        return self._iterations // (self.gradient_accumulation_steps or 1)

    # Parameters.

    def build(self, parameters: Iterable[Any]) -> None:
        """Binds the parameters and makes their state; again with the same ones changes nothing.

        Args:
            parameters: tensors, (name, tensor) pairs as `module.named_parameters()` gives, or dicts
                `{"params": either, "learning_rate_multiplier": 0.1, "weight_decay": 0.01}`, where
                the settings are optional.

        Raises:
            ArgumentError: no parameters, one twice, one that cannot be trained, or other parameters
                than those bound before.
        """
        where = type(self).__name__
        groups = grouping.read_groups(where, parameters)
        if self.built:
            grouping.check_same(where, self.param_groups, groups)
            return
        for group in groups:
            self.add_param_group(group)
        self.built = True
        self._arrange()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds parameters, for example of layers that begin to train later."""
        group = grouping.read_group(type(self).__name__, param_group)
        group["lr"] = self._rate.constant * group["learning_rate_multiplier"]
        super().add_param_group(group)
        if self.built:
            self._arrange()

    def exclude_from_weight_decay(
        self,
        var_list: Iterable[torch.Tensor] | None = None,
        var_names: Sequence[str] | None = None,
    ) -> None:
        """Keeps weight decay away from some parameters; a later call replaces an earlier one.

        Args:
            var_list: the parameters.
            var_names: regular expressions; one found in a parameter's name excludes it.

        Raises:
            ArgumentError: names are given, but the optimizer is built without names.
        """
        self._exclusion = DecayExclusion(type(self).__name__, var_list, var_names)
        if self.built:
            self._arrange()

    def _new_state(self, p: torch.Tensor, kind: str) -> dict[str, torch.Tensor]:
        state = self.new_state(p, kind)
        if self.use_ema:
            state[averages.SLOT] = p.detach().clone()
        if self.gradient_accumulation_steps:
            state[accumulation.SLOT] = torch.zeros_like(p)
        return state

    @torch.no_grad()
    def _arrange(self) -> None:
        self._buckets, self._idle = grouping.arrange(
            self.param_groups, self.state, self.kind_of, self._new_state, self._exclusion.decays
        )

    # The step.

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates the parameters from their gradients.

        Args:
            closure: computes the gradients again and returns the loss, which is then returned.

        Raises:
            NotBuiltError: no parameters are bound yet.
            ArgumentError: no parameter has a gradient, or one is sparse.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        gathered = self._gather()
        if self.loss_scale_factor is not None:
            gathered = gradients.unscaled(gathered, self.loss_scale_factor)
        if self.gradient_accumulation_steps:
            gathered = accumulation.accumulate(
                gathered, self._buckets, self._iterations, self.gradient_accumulation_steps
            )
        if gathered:
            self._update(gathered)
        if self.use_ema:
            self._average()
        self._iterations += 1
        return loss

    def _gather(self) -> Gathered:
        self._check_ready()
        gathered: Gathered = []
        for bucket in self._buckets:
            grads = [p.grad if p.requires_grad else None for p in bucket.params]
            found = [g for g in grads if g is not None]
            if found and len(found) < len(grads):
                bucket = bucket.part(tuple(i for i, g in enumerate(grads) if g is not None))
            if found:
                gathered.append((bucket, found))
        grouping.check_gradients(type(self).__name__, gathered)
        return gathered

    def _check_ready(self) -> None:
        grouping.check_built(type(self).__name__, self.built)
        averages.check_not_swapped(type(self).__name__, self._ema_swapped)
        if any(b.moved for b in self._buckets) or any(p.requires_grad for p in self._idle):
            self._arrange()

    def _update(self, gathered: Gathered) -> None:
        gathered = gradients.clipped(gathered, self.clipnorm, self.global_clipnorm, self.clipvalue)
        number = self.iterations + 1
        self.before_update(number)
        momentum = getattr(self, self.momentum_argument) if self.momentum_argument else 0.0
        if (schedule := self._rate.schedule) is not None:
            rate = schedule(self._iterations)
            moved = schedule.momentum(self._iterations)
            momentum = momentum if moved is None else moved
            for group in self.param_groups:
                group["lr"] = rate * group["learning_rate_multiplier"]
        for bucket, grads in gathered:
            self.update_bucket(bucket, grads, StepValues(bucket.group["lr"], number, momentum))

    # Moving averages of the weights.

    def _average(self) -> None:
        # At the very first update the average is the weights themselves.
        averages.update(self._buckets, self.ema_momentum if self.iterations else 0.0)
        every = self.ema_overwrite_frequency
        if every and (self.iterations + 1) % every == 0:
            averages.overwrite(self._buckets)

    @torch.no_grad()
    def finalize_ema(self) -> None:
        """Makes the weights their moving averages, for good; without `use_ema`, nothing."""
        if self._ema_swapped:
            self.swap_ema()
        if self.use_ema:
            averages.overwrite(self._buckets)

    @torch.no_grad()
    def swap_ema(self) -> None:
        """Exchanges the weights and their moving averages; a second call undoes the first.

        Raises:
            ArgumentError: the optimizer keeps no averages.
        """
        averages.check_kept(type(self).__name__, self.use_ema)
        averages.swap(self._buckets)
        self._ema_swapped = not self._ema_swapped

    @contextmanager
    def ema_weights(self) -> Iterator[None]:
        """Inside the `with` block the weights are their moving averages."""
        self.swap_ema()
        try:
            yield
        finally:
            if self._ema_swapped:
                self.swap_ema()

    def scale_loss(self, loss: torch.Tensor) -> torch.Tensor:
        """The loss to call `backward()` on: multiplied by `loss_scale_factor`, if there is one."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    # Saving.

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed training needs: PyTorch's entries, and our own under `optimizer`."""
        return {**super().state_dict(), saving.KEY: saving.pack(self)}

    @torch.no_grad()
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes over a state; the tensors are copied.

        A schedule in the state replaces the present one; set another one after loading.

        Raises:
            NotBuiltError: no parameters are bound yet.
            ArgumentError: the state is of another optimizer or of other parameters.
        """
        saving.load(self, state_dict, super().load_state_dict)
        self._arrange()

    def __getstate__(self) -> dict[str, Any]:
        # Hooks of PyTorch's are left out, as PyTorch does; buckets are made again.
        left = ("_buckets", "_idle", "_optimizer_")
        return {k: v for k, v in self.__dict__.items() if not k.startswith(left)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "_rate" in state and self.built:  # unpickled or copied, not loaded
            self._arrange()

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments: `from_config` makes an equal optimizer without state."""
        return configs.config_of(self)

    @classmethod
    def from_config(
        cls: type[Own],
        config: Mapping[str, Any],
        custom_objects: Mapping[str, Any] | None = None,
    ) -> Own:
        """An optimizer from a config of ours or of Keras's.

        Args:
            config: the constructor's arguments; a schedule as `{"class_name": ..., "config": ...}`.
            custom_objects: schedule classes of your own, by name.

        Raises:
            UnknownNameError: the config has an argument that the constructor has not.
        """
        return cls(**configs.arguments_of(cls, config, custom_objects))

    def __repr__(self) -> str:
        return configs.text_of(self)
