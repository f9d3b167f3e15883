"""`EmbodiedMem/Allocation-v0`: decide what a memory keeps of what a robot sees."""

from dataclasses import fields
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from embodied_mem.allocation.head import OPERATIONS
from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.errors import unknown_name
from embodied_mem.types import AnyArray, BoolArray, Float32Array
from embodied_mem_envs.allocation.core import AllocationCore, StepResult
from embodied_mem_envs.allocation.episode import Episode
from embodied_mem_envs.allocation.generate import EpisodeConfig, make_episode
from embodied_mem_envs.allocation.questions import KINDS
from embodied_mem_envs.allocation.stream_file import load_streams
from embodied_mem_envs.allocation.streams import MOST_OBJECTS, Streams
from embodied_mem_envs.allocation.table import EpisodeTable

_LIMIT = 100.0
"""No feature is beyond this."""
_ALL_FIELDS = tuple(field.name for field in fields(EpisodeConfig))

Observed = dict[str, Float32Array]


def observation_space(slots: int, *, task_label: bool) -> spaces.Dict:
    """Returns the space of one row's observation."""
    context = len(CONTEXT_FEATURES) + (len(KINDS) if task_label else 0)
    return spaces.Dict(
        {
            "slots": spaces.Box(-_LIMIT, _LIMIT, (slots + 1, len(SLOT_FEATURES)), np.float32),
            "context": spaces.Box(-_LIMIT, _LIMIT, (context,), np.float32),
        }
    )


def terms_of(result: StepResult) -> dict[str, AnyArray]:
    """Returns the terms of the reward and the number of questions, by name, (B,) each."""
    return {
        "outcomes": result.outcomes,
        "compression": result.compression,
        "validity": result.validity,
        "asked": result.asked,
    }


class AllocationEnv(gym.Env[Observed, np.int64]):
    """Decide what a memory keeps of what a robot sees, before it is known what will be asked.

    ## Description

    A robot walks through a house, comes back on other days, and things were moved meanwhile. One
    candidate after the other arrives: a picture of some things from one place, as the scene layer
    of `embodied_mem` recorded it. The memory has K slots and a byte budget. For each candidate the
    agent decides whether it is refused, written over a record, or merged into one, and whether
    records are lowered in fidelity or dropped for it. Questions are asked all the while, and more
    of them after the last candidate: of ten kinds, in a mix that the agent is not told and that
    may change half-way. What was let go cannot be had again.

    ## Action Space

    `Discrete(4 (K + 1))`; action `4 entry + operation`, where the entries are the K slots and, as
    the last, the candidate:

    | Num | Operation | on slot j                                        | on the candidate       |
    |-----|-----------|--------------------------------------------------|------------------------|
    | 0   | over      | drop j and add the candidate, at once            | add it into free room  |
    | 1   | merge     | j shows what the candidate shows; its use stays  | never valid            |
    | 2   | lower     | give up the fine half of j; the candidate waits  | take it in coarse      |
    | 3   | drop      | drop j; the candidate waits                      | refuse it              |

    `info["action_mask"]` and `action_masks()` tell which are valid now: what is taken in must fit,
    j must be of the candidate's place and share a thing with it to be merged, and at most four
    operations leave a candidate waiting. An action that is not valid refuses the candidate.

    ## Observation Space

    A `Dict`; names, order and meaning of the features are in `embodied_mem.allocation.inputs`:

    | Key       | Shape       | Type    | Min  | Max | Meaning                                     |
    |-----------|-------------|---------|------|-----|---------------------------------------------|
    | `slots`   | (K + 1, 48) | float32 | -100 | 100 | Features of the records and the candidate   |
    | `context` | (45,)       | float32 | -100 | 100 | How full it is, what was asked and answered |

    The context holds the mean outcome of the last questions (the past reward) and running means of
    what was asked. With `task_label=True` ten more entries tell which kind is asked most.

    ## Rewards

    The sum of the outcomes, each in [0, 1], of the questions that are asked after the candidate was
    decided; plus `beta` (1 - bytes in use / bytes seen) as in Mem-alpha's reward (arXiv 2509.25911,
    section 3); less 0.1 for an action that was not valid. `info["terms"]` has them apart.

    ## Starting State

    The memory is empty, and the first candidate waits.

    ## Episode End

    Termination: after the last candidate. `info["accuracy"]` is then the mean outcome of all
    questions of the episode. There is no truncation.

    ## Arguments

    ```python
    >>> import gymnasium as gym
    >>> env = gym.make("embodied_mem_envs:EmbodiedMem/Allocation-v0", slots=6)
    >>> observation, info = env.reset(seed=7)
    >>> observation["slots"].shape, int(env.action_space.n)
    ((7, 48), 28)

    ```

    | Parameter    | Type                  | Default | Description                               |
    |--------------|-----------------------|---------|-------------------------------------------|
    | `streams`    | **Streams or None**   | `None`  | Recordings; those that ship where None    |
    | `beta`       | **float**             | `0.05`  | Weight of the compression term            |
    | `task_label` | **bool**              | `False` | Tell which kind of question is asked most |

    All further parameters are those of `EpisodeConfig`: `arrivals`, `slots`, `fill`, `after`,
    `kinds`, `concentration`, `shift`, `distractors`, `stretch`, `held_out`.

    ## Version History

    * v0: Initial version.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012

    def __init__(
        self,
        *,
        streams: Streams | None = None,
        beta: float = 0.05,
        task_label: bool = False,
        render_mode: str | None = None,
        **episode: Any,
    ) -> None:
        """Sets the environment up; the arguments are those of the class docstring.

        Raises:
            ConfigError: If an argument is out of its range or unknown.
        """
        self.config = episode_config(episode)
        self.streams = streams or load_streams()
        self.render_mode = render_mode
        self._beta, self._task_label = beta, task_label
        self.observation_space: gym.Space[Any] = observation_space(
            self.config.slots, task_label=task_label
        )
        self.action_space = spaces.Discrete(len(OPERATIONS) * (self.config.slots + 1))
        self._core: AllocationCore | None = None
        self._right = self._asked = 0.0

    @property
    def episode(self) -> Episode:
        """The episode that runs, for evaluation.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        self._running()
        return self._episode

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observed, dict[str, Any]]:
        """Draws an episode and returns the first observation.

        Args:
            seed: Seed of the environment's source of chance, as in Gymnasium.
            options: None are known.

        Raises:
            ConfigError: If `options` holds something.
        """
        super().reset(seed=seed)
        for name in options or {}:
            raise unknown_name("reset option", name, ())
        self._episode = make_episode(self.streams, self.config, self.np_random)
        table = EpisodeTable([self._episode], most_keys=self.config.arrivals * MOST_OBJECTS)
        self._core = AllocationCore(table, 1, beta=self._beta, task_label=self._task_label)
        self._core.begin(np.array([0]), np.array([0]))
        self._right = self._asked = 0.0
        return self._observation(), self._info()

    def step(self, action: Any) -> tuple[Observed, float, bool, bool, dict[str, Any]]:
        """Carries out one operation; see the class docstring for all returned values.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet, or the episode has ended.
            gymnasium.error.InvalidAction: If the action is not in the action space.
        """
        core = self._running()
        if not self.action_space.contains(action):
            raise gym.error.InvalidAction(f"{action!r} is not in {self.action_space}")
        if int(core.arrival[0]) >= self.config.arrivals:
            raise gym.error.ResetNeeded("the episode has ended; call reset()")
        result = core.step(np.array([action]))
        self._right += float(result.outcomes[0])
        self._asked += float(result.asked[0])
        done = bool(result.done[0])
        observation, info = self._observation(), self._info()
        info["terms"] = {name: float(value[0]) for name, value in terms_of(result).items()}
        if done:
            info["accuracy"] = self._right / max(self._asked, 1.0)
        return observation, float(result.reward[0]), done, False, info

    def action_masks(self) -> BoolArray:
        """Returns (4 (K + 1),) which actions are valid now, as sb3-contrib asks for it."""
        mask: BoolArray = self._running().mask_out[0].reshape(-1).copy()
        return mask

    def _running(self) -> AllocationCore:
        if self._core is None:
            raise gym.error.ResetNeeded("there is no episode yet; call reset() first")
        return self._core

    def _observation(self) -> Observed:
        slots, context, _ = self._running().observe()
        return {"slots": slots[0].copy(), "context": context[0].copy()}

    def _info(self) -> dict[str, Any]:
        return {"action_mask": self.action_masks().astype(np.int8)}


def episode_config(settings: dict[str, Any]) -> EpisodeConfig:
    """Returns the settings of episodes.

    Raises:
        ConfigError: If one is unknown or out of its range.
    """
    for name in settings:
        if name not in _ALL_FIELDS:
            raise unknown_name("argument", name, _ALL_FIELDS)
    return EpisodeConfig(**settings)
