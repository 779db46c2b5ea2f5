"""What scripts configure TensorFlow 1 and 2 with, most of it without effect here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from striate.keras.backend.sessions import Nothing, Session
from striate.keras.tensorflow import random as _random

NAMES = [
    "ConfigProto",
    "GPUOptions",
    "Graph",
    "InteractiveSession",
    "Module",
    "Session",
    "autograph",
    "control_dependencies",
    "debugging",
    "device",
    "disable_eager_execution",
    "disable_v2_behavior",
    "enable_eager_execution",
    "enable_v2_behavior",
    "errors",
    "get_default_graph",
    "get_default_session",
    "get_logger",
    "global_variables_initializer",
    "init_scope",
    "local_variables_initializer",
    "logging",
    "name_scope",
    "reset_default_graph",
    "set_random_seed",
    "sysconfig",
]


class ConfigProto(SimpleNamespace):
    """Settings of a session: accepted, each by the name that it is given.

    Example:
        >>> config = ConfigProto(allow_soft_placement=True)
        >>> config.gpu_options.allow_growth = True
        >>> config.gpu_options.allow_growth
        True
    """

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        made = ConfigProto()
        setattr(self, name, made)
        return made


class GPUOptions(ConfigProto):
    """Settings of cards: accepted."""


class InteractiveSession(Session):
    """A session that is there without a block."""


class Graph:
    """A block: there are no graphs of TensorFlow 1 here."""

    def __init__(self) -> None:
        self.finalized = False

    @contextlib.contextmanager
    def as_default(self) -> Iterator[Graph]:
        """Itself."""
        yield self

    def finalize(self) -> None:
        """Nothing is to be closed."""


class Module:
    """A base class of things that hold variables."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name or type(self).__name__.lower()

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables among its attributes."""
        from striate.keras.variables import Variable

        return tuple(v for v in vars(self).values() if isinstance(v, Variable))

    trainable_variables = variables


@contextlib.contextmanager
def device(device_name: Any) -> Iterator[None]:
    """Accepted; a model chooses its device in fit, and tensors follow it."""
    yield


@contextlib.contextmanager
def name_scope(name: Any = "", *_: Any, **__: Any) -> Iterator[Any]:
    """Accepted; layers have their own names."""
    yield name


@contextlib.contextmanager
def control_dependencies(control_inputs: Any) -> Iterator[None]:
    """What was to be computed before is computed before."""
    yield


@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """A block like any other."""
    yield


def set_random_seed(seed: int) -> None:
    """Seeds every random number."""
    _random.set_seed(seed)


def _accepted(*_: Any, **__: Any) -> None:
    """Accepted; it has no effect here."""


disable_eager_execution = enable_eager_execution = _accepted
disable_v2_behavior = enable_v2_behavior = _accepted


def get_default_graph() -> Graph:
    """A block."""
    return Graph()


def reset_default_graph() -> None:
    """Nothing is to be forgotten."""


def get_default_session() -> Session:
    """A session."""
    return Session()


def global_variables_initializer() -> Nothing:
    """Weights are initialised when they are made."""
    return Nothing()


def local_variables_initializer() -> Nothing:
    """Weights are initialised when they are made."""
    return Nothing()


def get_logger() -> Any:
    """A logger of Python."""
    import logging as _logging

    return _logging.getLogger("tensorflow")


logging = SimpleNamespace(
    DEBUG=10,
    INFO=20,
    WARN=30,
    WARNING=30,
    ERROR=40,
    FATAL=50,
    set_verbosity=_accepted,
    get_verbosity=lambda: 30,
    info=_accepted,
    warning=_accepted,
    warn=_accepted,
    error=_accepted,
    debug=_accepted,
)
autograph = SimpleNamespace(
    set_verbosity=_accepted,
    experimental=SimpleNamespace(do_not_convert=lambda func=None: func or (lambda f: f)),
)
sysconfig = SimpleNamespace(get_build_info=dict)


def _checked(holds: bool, text: Any) -> None:
    if not holds:
        raise ValueError(str(text) or "an assertion of tf.debugging does not hold")


debugging = SimpleNamespace(
    set_log_device_placement=_accepted,
    enable_check_numerics=_accepted,
    disable_check_numerics=_accepted,
    assert_equal=lambda x, y, message="", **_: _checked(
        bool((x == y).all() if hasattr(x == y, "all") else x == y), message
    ),
    check_numerics=lambda tensor, message="", **_: tensor,
)


class errors:
    """TensorFlow's errors as those of Python that are raised instead."""

    OpError = Exception
    InvalidArgumentError = ValueError
    NotFoundError = FileNotFoundError
    OutOfRangeError = StopIteration
    ResourceExhaustedError = MemoryError
    UnavailableError = ConnectionError
    UnimplementedError = RuntimeError
    InternalError = RuntimeError
