"""`Memory`: any Gymnasium environment gains an episodic memory of N slots."""

from collections.abc import Sequence
from typing import Any, Final

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from gymnasium.utils.seeding import np_random

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem_envs.wrappers.actions import ActionPair, pair_actions
from embodied_mem_envs.wrappers.observations import Observations, Observed
from embodied_mem_envs.wrappers.rules import RULES
from embodied_mem_envs.wrappers.slots import EpisodicSlots
from embodied_mem_envs.wrappers.view import MemoryView, SlotPolicy

CHOICES: Final = ("slot", "push")
_STREAM: Final = 0x6D656D
"""Keeps the rule's source of chance apart from the environment's, which has the same seed."""


class Memory(gym.Wrapper[Observed, Any, Any, Any], RecordConstructorArgs):
    """Gives an environment a memory of N slots, and says who decides what they hold.

    Each observation becomes a candidate for a slot. A fixed rule decides about it, or any
    `SlotPolicy`, or, with `allocator="agent"`, the agent itself, with every action:

    | `allocator` | `refuse` | What the N slots hold, and what an agent chooses                   |
    |-------------|----------|--------------------------------------------------------------------|
    | a rule      | `True`   | What the rule keeps; it has decided about this observation already |
    | a rule      | `False`  | This observation, and N - 1 that the rule keeps                    |
    | `"agent"`   | `True`   | Earlier observations. This one waits beside them: the agent names  |
    |             |          | the slot to write it over, or N to refuse it                       |
    | `"agent"`   | `False`  | This observation, and N - 1 earlier ones: the agent names the one  |
    |             |          | of the N that the next observation takes the place of              |

    `refuse=False` is Adaptive Stacking (Nangue Tasse et al. 2025, arXiv 2512.19154): a stack of N
    that the newest observation always enters. `choose="push"` leaves the agent only two choices
    about an observation, 0 to push it over the oldest and 1 to skip it (Demir 2023). Nothing goes
    while a slot is empty.

    The choice joins the action: `Discrete(n * C)` over a `Discrete(n)`, as action times C plus
    choice; `MultiDiscrete([..., C])` over a `MultiDiscrete`; C scores behind the numbers of a
    `Box`, of which the largest counts; a `Dict` of `action` and `memory` over anything else.
    `actions` asks for another one of these, as far as it fits. `split` and `join` translate.

    The observation is a `Dict`. A `Dict` of plain entries keeps them, any other observation is
    `now`; with them come, slots oldest first and the empty ones in front:

    | Key             | Shape  | Meaning                                                           |
    |-----------------|--------|-------------------------------------------------------------------|
    | `memory`        | (N, D) | Flattened observations, 0 in an empty slot; float32 or uint8      |
    | `memory_age`    | (N,)   | log(1 + steps since each was made)                                |
    | `memory_held`   | (N,)   | 1 where there is one                                              |
    | `memory_reward` | (N,)   | Reward that came with each                                        |
    | `arrivals`      | (1,)   | log(observations in this episode)                                 |
    | `last_action`   | (A,)   | Flattened action of the environment, 0 after a reset              |
    | `last_reward`   | (1,)   | Reward that came with this observation, 0 after a reset           |

    ```python
    >>> import gymnasium as gym
    >>> from embodied_mem_envs.wrappers import Memory
    >>> env = Memory(gym.make("CartPole-v1"), slots=4)
    >>> env.action_space, env.observation_space["memory"].shape
    (Discrete(10), (4, 4))
    >>> observation, info = env.reset(seed=1)
    >>> observation, *_ = env.step(env.join(1, 0))
    >>> observation["memory_held"].tolist(), observation["last_action"].tolist()
    ([0.0, 0.0, 0.0, 1.0], [0.0, 1.0])

    ```
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        slots: int = 8,
        allocator: str | SlotPolicy = "agent",
        *,
        refuse: bool = True,
        choose: str = "slot",
        actions: str = "auto",
        past_reward: bool = True,
        stored: Sequence[str] | None = None,
    ) -> None:
        """Wraps an environment.

        Args:
            env: An environment whose observations and actions have a fixed size.
            slots: N, 1 or more.
            allocator: `"agent"`, the name of one of `RULES`, or a `SlotPolicy`.
            refuse: Whether an observation may be refused before it is in the memory.
            choose: What the agent chooses: `"slot"` or `"push"`.
            actions: `"auto"`, `"product"`, `"multi"`, `"scores"` or `"dict"`.
            past_reward: Whether `memory_reward` and `last_reward` are observed.
            stored: Entries of a `Dict` observation that are remembered; all where it is None.

        Raises:
            ConfigError: If an argument is out of its range, names something unknown, or does not
                fit the environment.
        """
        RecordConstructorArgs.__init__(
            self,
            slots=slots,
            allocator=allocator,
            refuse=refuse,
            choose=choose,
            actions=actions,
            past_reward=past_reward,
            stored=stored,
        )
        gym.Wrapper.__init__(self, env)
        _check(slots, allocator, refuse, choose, actions)
        kept = slots if refuse else slots - 1
        self._refuse, self._push, self._shown = refuse, choose == "push", slots
        self._pair: ActionPair | None = None
        self._policy: SlotPolicy | None = None
        if allocator == "agent":
            self._pair = pair_actions(env.action_space, 2 if self._push else kept + 1, actions)
            self.action_space = self._pair.space
        else:
            self._policy = RULES[allocator] if isinstance(allocator, str) else allocator
        self._seen = Observations(
            env.observation_space,
            env.action_space,
            slots=slots,
            past_reward=past_reward,
            stored=None if stored is None else tuple(stored),
        )
        self.observation_space = self._seen.space
        self._slots = EpisodicSlots(kept, self._seen.width, self._seen.dtype)
        self._rng: np.random.Generator | None = None

    @property
    def memory(self) -> MemoryView:
        """The slots, and the newest observation as the last entry."""
        return self._slots.view()

    def split(self, action: Any) -> tuple[Any, int]:
        """Returns the environment's action and the agent's choice.

        Raises:
            ConfigError: If it is not the agent that chooses.
        """
        return self._agent().split(action)

    def join(self, action: Any, choice: int) -> Any:
        """Returns the action that takes `action` in the environment and `choice` in the memory.

        Raises:
            ConfigError: If it is not the agent that chooses.
        """
        return self._agent().join(action, choice)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observed, dict[str, Any]]:
        """Resets the environment and forgets everything."""
        observation, info = self.env.reset(seed=seed, options=options)
        if seed is not None:
            self._rng = np.random.default_rng([seed, _STREAM])
        self._slots.clear()
        return self._arrive(observation, None, 0.0), info

    def step(self, action: Any) -> tuple[Observed, Any, bool, bool, dict[str, Any]]:
        """Does what becomes of the last observation, and takes a step.

        Raises:
            gymnasium.error.InvalidAction: If the action is not in the action space.
            ConfigError: If the allocator names no slot.
        """
        if self._pair is not None:
            if not self.action_space.contains(action):
                raise gym.error.InvalidAction(f"{action!r} is not in {self.action_space}")
            action, choice = self._pair.split(action)
            if self._push:
                choice = choice * self._slots.slots
            self._slots.settle(choice)
        elif not self._refuse:
            self._slots.settle(self._ruled())
        observation, reward, terminated, truncated, info = self.env.step(action)
        seen = self._arrive(observation, action, float(reward))
        return seen, reward, terminated, truncated, info

    # -- inside --------------------------------------------------------------------------------

    def _arrive(self, observation: Any, action: Any, reward: float) -> Observed:
        self._slots.arrive(self._seen.store(observation), reward)
        if self._policy is not None and self._refuse:
            self._slots.settle(self._ruled())
        return self._seen.show(observation, self._slots, self._shown, action, reward)

    def _ruled(self) -> int:
        assert self._policy is not None
        if self._rng is None:
            self._rng = np_random()[0]
        choice = int(self._policy(self._slots.view(), self._rng))
        if not 0 <= choice <= self._slots.slots:
            raise ConfigError(
                f"the allocator chose slot {choice}; expected 0 to {self._slots.slots}, "
                "where the last refuses the observation"
            )
        return choice

    def _agent(self) -> ActionPair:
        if self._pair is None:
            raise ConfigError("a rule decides about this memory; actions are the environment's")
        return self._pair


def _check(slots: Any, allocator: Any, refuse: bool, choose: str, actions: str) -> None:
    if not isinstance(slots, int | np.integer) or isinstance(slots, bool) or slots < 1:
        raise ConfigError(f"slots is {slots!r}; expected a whole number of 1 or more")
    if isinstance(allocator, str) and allocator not in ("agent", *RULES):
        raise unknown_name("allocator", allocator, ("agent", *RULES))
    if not isinstance(allocator, str) and not callable(allocator):
        raise ConfigError(f"allocator is {allocator!r}; expected a name or a SlotPolicy")
    if choose not in CHOICES:
        raise unknown_name("choice of the agent", choose, CHOICES)
    if allocator != "agent" and (choose != "slot" or actions != "auto"):
        raise ConfigError('choose and actions need allocator="agent"; a rule decides here')
    if allocator == "agent" and not refuse and slots == 1:
        raise ConfigError("with one slot and refuse=False there is nothing to choose")
