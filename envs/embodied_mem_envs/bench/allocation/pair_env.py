"""Two memory tasks with opposite demands, of which one is drawn without saying which.

POPGym's RepeatFirstEasy asks for the first card of a deck at each step, RepeatPreviousEasy for the
one that came k - 1 = 3 steps before (Morad et al., ICLR 2023). They look the same: four suits to
see, four to name. With no more than four cards in sight no fixed rule serves both. What was asked
for shows in the rewards alone.
"""

from typing import Any, Final

import gymnasium as gym
import numpy as np

from embodied_mem.errors import MissingExtraError, unknown_name
from embodied_mem.types import Float32Array
from embodied_mem_envs.wrappers import Memory, SlotPolicy

TASKS: Final = ("repeat_first", "repeat_previous")
SUITS: Final = 4
SLOTS: Final = 4
BACK: Final = 3
"""Steps since the card that RepeatPreviousEasy asks for: its k counts the newest card."""
ENTRY_INPUTS: Final = SUITS + 4
SHARED_INPUTS: Final = SUITS + 1
STEPS: Final = 51
"""Length of each episode of either task."""
_MOST: Final = 10.0
OPTIMUM: Final = 1.0
"""Return of who names every card that is asked for, in both tasks."""


class PairEnv(gym.Env[Any, Any]):
    """One of `TASKS`, drawn at each reset; `reset(options={"task": name})` chooses it.

    Observation and action are suits, `Discrete(4)`. Each card that is asked for pays 1 over the
    number of cards that are asked for if it is named, and costs as much if it is not.
    """

    def __init__(self) -> None:
        """Makes both tasks.

        Raises:
            MissingExtraError: If POPGym is not installed.
        """
        try:
            from popgym.envs.repeat_first import RepeatFirstEasy
            from popgym.envs.repeat_previous import RepeatPreviousEasy
        except ImportError as error:
            raise MissingExtraError("the pair of POPGym tasks", "bench") from error
        self._tasks = {"repeat_first": RepeatFirstEasy(), "repeat_previous": RepeatPreviousEasy()}
        self._task = self._tasks[TASKS[0]]
        self.observation_space = gym.spaces.Discrete(SUITS)
        self.action_space = gym.spaces.Discrete(SUITS)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.int64, dict[str, Any]]:
        """Draws a task and deals its first card.

        Raises:
            ConfigError: If there is no such task.
        """
        super().reset(seed=seed)
        name = TASKS[int(self.np_random.integers(len(TASKS)))]
        name = (options or {}).get("task", name)
        if name not in self._tasks:
            raise unknown_name("task", name, TASKS)
        self._task = self._tasks[name]
        suit, _ = self._task.reset(seed=int(self.np_random.integers(1 << 31)))
        return np.int64(suit), {}

    def step(self, action: Any) -> tuple[np.int64, float, bool, bool, dict[str, Any]]:
        """Names a suit and sees the next card."""
        suit, reward, terminated, truncated, _ = self._task.step(int(action))
        return np.int64(suit), float(reward), bool(terminated), bool(truncated), {}


class PairInputs(gym.ObservationWrapper[Any, Any, Any]):
    """What a policy of the pair sees of a `Memory`: SLOTS entries, and what they share.

    An entry has its suit (one-hot), log age, the sign of the reward that came with it, age as a
    share of the time so far, and whether it is held. Of rewards only the sign is shown: their size
    differs a little between the tasks, which would be a label.
    """

    def __init__(self, env: Memory) -> None:
        super().__init__(env)
        entries = gym.spaces.Box(-_MOST, _MOST, (SLOTS, ENTRY_INPUTS), np.float32)
        shared = gym.spaces.Box(-1.0, 1.0, (SHARED_INPUTS,), np.float32)
        self.observation_space: gym.Space[Any] = gym.spaces.Dict(entries=entries, shared=shared)

    def observation(self, observation: Any) -> dict[str, Float32Array]:
        """Builds (SLOTS, ENTRY_INPUTS) `entries`, the newest last, and (SHARED_INPUTS,) `shared`.

        Shared are the last answer (one-hot) and the sign of the last reward.
        """
        age = observation["memory_age"]
        so_far = np.exp(observation["arrivals"][0]) - 1.0
        entries = np.empty((SLOTS, ENTRY_INPUTS), np.float32)
        entries[:, :SUITS] = observation["memory"]
        entries[:, SUITS] = age
        entries[:, SUITS + 1] = np.sign(observation["memory_reward"])
        entries[:, SUITS + 2] = np.expm1(age) / max(so_far, 1.0)
        entries[:, SUITS + 3] = observation["memory_held"]
        reward = np.sign(observation["last_reward"])
        return {
            "entries": entries,
            "shared": np.concatenate((observation["last_action"], reward)),
        }


def pair_with_agent() -> PairInputs:
    """The pair with four cards in sight, the newest among them; the agent says which one goes.

    An action is (suit that is named, entry that the next card takes the place of).
    """
    return PairInputs(Memory(PairEnv(), SLOTS, refuse=False, actions="multi"))


def pair_with_rule(rule: str | SlotPolicy, *, refuse: bool) -> Memory:
    """The pair with four slots that a rule fills."""
    return Memory(PairEnv(), SLOTS, rule, refuse=refuse)
