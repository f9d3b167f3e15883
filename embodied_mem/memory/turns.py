"""Methods that wait for their turn, where several threads use one thing; see `Lanes`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

Turn = Callable[[], AbstractContextManager[None]]
"""Waits for the turn, which lasts as long as the block."""


class Shared(Protocol):
    """What several threads may use, one at a time."""

    turn: Turn


S = TypeVar("S", bound=Shared)
P = ParamSpec("P")
R = TypeVar("R")


def in_turn(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Has a method wait for its turn."""

    @wraps(method)
    def waiting(shared: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with shared.turn():
            return method(shared, *args, **kwargs)

    return waiting
