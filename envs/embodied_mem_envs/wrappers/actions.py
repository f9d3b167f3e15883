"""Actions that say two things: what to do, and what becomes of the newest observation."""

from collections.abc import Mapping
from typing import Any, Final, Protocol, final

import numpy as np
from gymnasium import spaces

from embodied_mem.errors import ConfigError, unknown_name


class ActionPair(Protocol):
    """Joins an action of the environment and one of C choices into one action space."""

    space: spaces.Space[Any]

    def split(self, action: Any) -> tuple[Any, int]:
        """Returns the environment's action and the choice."""
        ...

    def join(self, action: Any, choice: int) -> Any:
        """Returns the one action that splits into these two."""
        ...


@final
class ProductActions:
    """`Discrete(n * C)` over a `Discrete(n)`: action times C, plus choice."""

    def __init__(self, space: spaces.Space[Any], choices: int) -> None:
        assert isinstance(space, spaces.Discrete)
        self._start, self._choices = int(space.start), choices
        self.space: spaces.Space[Any] = spaces.Discrete(int(space.n) * choices)

    def split(self, action: Any) -> tuple[Any, int]:
        """Returns the environment's action and the choice."""
        taken, choice = divmod(int(action), self._choices)
        return np.int64(self._start + taken), choice

    def join(self, action: Any, choice: int) -> Any:
        """Returns the one action that splits into these two."""
        return np.int64((int(action) - self._start) * self._choices + choice)


@final
class MultiActions:
    """`MultiDiscrete([..., C])` over a `Discrete` or `MultiDiscrete`: the choice comes last."""

    def __init__(self, space: spaces.Space[Any], choices: int) -> None:
        assert isinstance(space, spaces.Discrete | spaces.MultiDiscrete)
        self._single = isinstance(space, spaces.Discrete)
        self._shape = space.shape
        self._start = np.atleast_1d(np.asarray(space.start)).reshape(-1)
        counts = space.n if isinstance(space, spaces.Discrete) else space.nvec
        self.space: spaces.Space[Any] = spaces.MultiDiscrete([*np.ravel(counts), choices])

    def split(self, action: Any) -> tuple[Any, int]:
        """Returns the environment's action and the choice."""
        taken = np.asarray(action)[:-1] + self._start
        choice = int(action[-1])
        return (np.int64(taken[0]) if self._single else taken.reshape(self._shape)), choice

    def join(self, action: Any, choice: int) -> Any:
        """Returns the one action that splits into these two."""
        return np.append(np.ravel(action) - self._start, choice).astype(np.int64)


@final
class ScoreActions:
    """`Box` over a `Box`: C more numbers from -1 to 1, of which the largest is the choice."""

    def __init__(self, space: spaces.Space[Any], choices: int) -> None:
        assert isinstance(space, spaces.Box)
        self._shape, self._choices = space.shape, choices
        ones = np.ones(choices, space.dtype)
        self.space: spaces.Space[Any] = spaces.Box(
            np.concatenate([space.low.reshape(-1), -ones]),
            np.concatenate([space.high.reshape(-1), ones]),
            dtype=space.dtype.type,
        )

    def split(self, action: Any) -> tuple[Any, int]:
        """Returns the environment's action and the choice."""
        action = np.asarray(action)
        taken = action[: -self._choices].reshape(self._shape)
        return taken, int(action[-self._choices :].argmax())

    def join(self, action: Any, choice: int) -> Any:
        """Returns the one action that splits into these two."""
        scores = np.where(np.arange(self._choices) == choice, 1, -1)
        return np.append(np.ravel(action), scores).astype(self.space.dtype)


@final
class DictActions:
    """`Dict` of `action` and `memory` over any space."""

    def __init__(self, space: spaces.Space[Any], choices: int) -> None:
        parts = {"action": space, "memory": spaces.Discrete(choices)}
        self.space: spaces.Space[Any] = spaces.Dict(parts)

    def split(self, action: Any) -> tuple[Any, int]:
        """Returns the environment's action and the choice."""
        return action["action"], int(action["memory"])

    def join(self, action: Any, choice: int) -> Any:
        """Returns the one action that splits into these two."""
        return {"action": action, "memory": np.int64(choice)}


_FORMATS: Final[Mapping[str, tuple[type[Any], tuple[type[Any], ...]]]] = {
    "product": (ProductActions, (spaces.Discrete,)),
    "multi": (MultiActions, (spaces.Discrete, spaces.MultiDiscrete)),
    "scores": (ScoreActions, (spaces.Box,)),
    "dict": (DictActions, (spaces.Space,)),
}


def pair_actions(space: spaces.Space[Any], choices: int, actions: str = "auto") -> ActionPair:
    """Makes the action space of an agent that decides about its memory too.

    Args:
        space: The environment's action space.
        choices: Number of choices, C.
        actions: `product`, `multi`, `scores` or `dict`; with `auto` the first that fits.

    Raises:
        ConfigError: If there is no such format, or it does not fit the space.
    """
    if actions == "auto":
        fitting = (name for name, (_, kinds) in _FORMATS.items() if _fits(space, kinds))
        actions = next(fitting)
    if actions not in _FORMATS:
        raise unknown_name("format of actions", actions, ["auto", *_FORMATS])
    make, kinds = _FORMATS[actions]
    if not _fits(space, kinds):
        expected = " or ".join(kind.__name__ for kind in kinds)
        raise ConfigError(f"actions={actions!r} needs a {expected} action space; got {space}")
    pair: ActionPair = make(space, choices)
    return pair


def _fits(space: spaces.Space[Any], kinds: tuple[type[Any], ...]) -> bool:
    # A Box of integers has no room for scores between its whole numbers.
    whole = isinstance(space, spaces.Box) and not np.issubdtype(space.dtype, np.floating)
    return isinstance(space, kinds) and not (whole and kinds == (spaces.Box,))
