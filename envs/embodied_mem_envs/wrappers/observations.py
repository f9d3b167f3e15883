"""The observation of an agent with a memory: what there is now, and what is remembered."""

from typing import Any, Final, final

import numpy as np
from gymnasium import spaces

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.types import AnyArray
from embodied_mem_envs.wrappers.slots import EpisodicSlots

_PLAIN: Final = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)
_ADDED: Final = (
    "memory",
    "memory_age",
    "memory_held",
    "memory_reward",
    "arrivals",
    "last_action",
    "last_reward",
)
_LIMIT: Final = float(np.finfo(np.float32).max)

Observed = dict[str, Any]


@final
class Observations:
    """Says what an agent sees, and flattens what is stored of an observation.

    Attributes:
        space: The `Dict` that the agent sees.
        width: Numbers that are stored of an observation, D.
        dtype: Their type: uint8 where they are, or float32.
    """

    def __init__(
        self,
        observed: spaces.Space[Any],
        action: spaces.Space[Any],
        *,
        slots: int,
        past_reward: bool,
        stored: tuple[str, ...] | None,
    ) -> None:
        self._observed, self._action = observed, action
        self._past_reward = past_reward
        self._own = _own_space(observed)
        self._keys = _stored_keys(observed, stored)
        self._kept = self._kept_space()
        flat = _flat(self._kept, "observations")
        self.width = flat.shape[0]
        self.dtype = np.dtype(np.uint8 if flat.dtype == np.uint8 else np.float32)
        self.space = spaces.Dict({**self._own.spaces, **self._added(flat, slots)})

    def store(self, observation: Any) -> AnyArray:
        """Returns (D,) what is kept of an observation."""
        if self._keys is not None:
            observation = {key: observation[key] for key in self._keys}
        return np.asarray(spaces.flatten(self._kept, observation))

    def show(
        self, observation: Any, memory: EpisodicSlots, shown: int, action: Any, reward: float
    ) -> Observed:
        """Builds what the agent sees.

        Args:
            observation: What the environment shows now.
            memory: The slots.
            shown: How many of their rows are shown, from the oldest.
            action: The last action of the environment; None after a reset.
            reward: The last reward.
        """
        seen = self._now(observation)
        seen["memory"] = memory.content[:shown].copy()
        seen["memory_age"] = np.log1p(memory.ages()[:shown]).astype(np.float32)
        seen["memory_held"] = (memory.made[:shown] >= 0).astype(np.float32)
        seen["arrivals"] = np.log([memory.arrivals], dtype=np.float32)
        flat = self.space["last_action"]
        if action is None:
            seen["last_action"] = np.zeros(flat.shape, np.float32)
        else:
            seen["last_action"] = np.asarray(spaces.flatten(self._action, action), np.float32)
        if self._past_reward:
            seen["memory_reward"] = memory.reward[:shown].copy()
            seen["last_reward"] = np.array([reward], np.float32)
        return seen

    # -- inside --------------------------------------------------------------------------------

    def _now(self, observation: Any) -> Observed:
        if self._own is self._observed:
            return dict(observation)
        if isinstance(self._observed, _PLAIN):
            return {"now": observation}
        return {"now": spaces.flatten(self._observed, observation)}

    def _kept_space(self) -> spaces.Space[Any]:
        if self._keys is None:
            return self._observed
        assert isinstance(self._observed, spaces.Dict)
        return spaces.Dict({key: self._observed[key] for key in self._keys})

    def _added(self, flat: spaces.Box, slots: int) -> dict[str, spaces.Space[Any]]:
        for name in _ADDED:
            if name in self._own.spaces:
                raise ConfigError(f"the environment observes something called {name!r} itself")
        # An empty slot is all 0, so 0 is always within the bounds.
        low = np.tile(np.minimum(flat.low, 0), (slots, 1))
        high = np.tile(np.maximum(flat.high, 0), (slots, 1))
        acted = _flat(self._action, "actions")
        added: dict[str, spaces.Space[Any]] = {
            "memory": _box(low, high, self.dtype),
            "memory_age": spaces.Box(0.0, _LIMIT, (slots,), np.float32),
            "memory_held": spaces.Box(0.0, 1.0, (slots,), np.float32),
            "arrivals": spaces.Box(0.0, _LIMIT, (1,), np.float32),
            "last_action": _box(
                np.minimum(acted.low, 0), np.maximum(acted.high, 0), np.dtype(np.float32)
            ),
        }
        if self._past_reward:
            added["memory_reward"] = spaces.Box(-_LIMIT, _LIMIT, (slots,), np.float32)
            added["last_reward"] = spaces.Box(-_LIMIT, _LIMIT, (1,), np.float32)
        return added


def _own_space(observed: spaces.Space[Any]) -> spaces.Dict:
    """Returns what shows what there is now: the entries of a plain `Dict`, or `now`."""
    if isinstance(observed, _PLAIN):
        return spaces.Dict({"now": observed})
    if isinstance(observed, spaces.Dict) and all(
        isinstance(part, _PLAIN) for part in observed.spaces.values()
    ):
        return observed
    return spaces.Dict({"now": _flat(observed, "observations")})


def _stored_keys(
    observed: spaces.Space[Any], stored: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    if stored is None:
        return None
    if not isinstance(observed, spaces.Dict):
        raise ConfigError(f"stored={stored} needs a Dict of observations; got {observed}")
    if not stored:
        raise ConfigError("stored is empty; name at least one entry of the observation")
    for key in stored:
        if key not in observed.spaces:
            raise unknown_name("entry of the observation", key, observed.spaces)
    return tuple(stored)


def _flat(space: spaces.Space[Any], what: str) -> spaces.Box:
    """Returns the flattened space.

    Raises:
        ConfigError: If it has no fixed size.
    """
    if not space.is_np_flattenable:
        raise ConfigError(f"a memory holds {what} of a fixed size; {space} has none")
    flat = spaces.flatten_space(space)
    assert isinstance(flat, spaces.Box)
    return flat


def _box(low: AnyArray, high: AnyArray, dtype: np.dtype[Any]) -> spaces.Box:
    if dtype == np.float32:
        low = np.clip(low.astype(np.float64), -_LIMIT, _LIMIT)
        high = np.clip(high.astype(np.float64), -_LIMIT, _LIMIT)
    return spaces.Box(low.astype(dtype), high.astype(dtype), dtype=dtype.type)
