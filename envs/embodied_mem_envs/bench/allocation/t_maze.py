"""The passive T-maze of Adaptive Stacking: who learns to keep the sign at the entrance?

Tabular Q-learning with the settings of that work (arXiv 2512.19154 and its repository: 200,000
steps, step size 0.1, discount 0.99, epsilon 0.1), with two observations in sight: the newest, and
one that is kept. Success is told twice: of the greedy policy, and as that work counts it, while the
agent still explores, where nobody can have more than about 0.87. Where only one observation is
kept, refusing the newest and popping it from a stack one step later are the same choice, so a slot
of the agent's own and Adaptive Stacking have the same figures here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import gymnasium as gym
import numpy as np

from embodied_mem.types import AnyArray
from embodied_mem_envs.bench.allocation.spread import Spread
from embodied_mem_envs.t_maze import SIGN_UP, TMazeEnv
from embodied_mem_envs.wrappers import Memory

LENGTH: Final = 5
_HELD_OUT: Final = 1_000_000
"""First seed of the episodes for evaluation; training draws from below."""

Env = gym.Env[dict[str, AnyArray], Any]
Key = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class TMazeBenchConfig:
    """How long and how often."""

    steps: int = 200_000
    """Steps of training."""
    seeds: int = 5
    """Training seeds."""
    episodes: int = 1000
    """Episodes of each evaluation."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trained agent does in held-out episodes."""

    greedy: float
    """Share of episodes with success, without exploration."""
    exploring: float
    """The same with epsilon 0.1."""
    regret: float
    """Steps of a hundred after which the sign is not kept, exploring."""


def allocated(length: int) -> Env:
    """One slot, and the agent decides what it holds; the newest observation beside it."""
    return Memory(TMazeEnv(length=length), 1)


def adaptive_stack(length: int) -> Env:
    """A stack of two that the newest observation always enters."""
    return Memory(TMazeEnv(length=length), 2, refuse=False)


def frame_stack(length: int) -> Env:
    """The two newest observations."""
    return Memory(TMazeEnv(length=length), 2, "fifo")


METHODS: Final[dict[str, Callable[[int], Env]]] = {
    "success": allocated,
    "adaptive_stacking": adaptive_stack,
    "frame_stack": frame_stack,
}
"""What is compared, by the name of its figure."""


def bench_t_maze(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Trains and evaluates each of `METHODS`.

    Args:
        quick: Three seeds of 12,000 steps; the names of the figures are the same.
        note: Hears the figures of each seed.
    """
    config = TMazeBenchConfig(steps=12_000, seeds=3, episodes=200) if quick else TMazeBenchConfig()
    metrics: dict[str, float] = {}
    for name, make in METHODS.items():
        outcomes = [train_and_evaluate(make, seed, config) for seed in range(config.seeds)]
        greedy = Spread.of([outcome.greedy for outcome in outcomes])
        exploring = Spread.of([outcome.exploring for outcome in outcomes])
        regret = Spread.of([outcome.regret for outcome in outcomes])
        note(f"t_maze {name}, greedy: {greedy}")
        note(f"t_maze {name}, exploring: {exploring}")
        note(f"t_maze {name}, steps of 100 without the sign: {regret}")
        metrics[f"t_maze_{name}"] = greedy.mean
        metrics[f"t_maze_{name}_lo"] = greedy.low
        metrics[f"t_maze_{name}_exploring"] = exploring.mean
    return metrics


def train_and_evaluate(make: Callable[[int], Env], seed: int, config: TMazeBenchConfig) -> Outcome:
    """Trains one agent and lets it walk, greedy and exploring, in held-out episodes."""
    env = make(LENGTH)
    agent = TabularQ(int(env.action_space.n), seed)  # type: ignore[attr-defined]
    agent.train(env, config.steps)
    greedy, _ = agent.evaluate(env, config.episodes, epsilon=0.0)
    exploring, regret = agent.evaluate(env, config.episodes, epsilon=agent.epsilon)
    return Outcome(greedy, exploring, regret)


def in_sight(seen: dict[str, AnyArray]) -> Key:
    """Returns the cells that the agent sees, oldest first and the newest last; -1 is none.

    The newest is added where the memory does not hold it already.
    """
    held = np.where(seen["memory_held"] > 0, seen["memory"].argmax(axis=1), -1).tolist()
    inside = seen["memory_held"][-1] > 0 and seen["memory_age"][-1] == 0
    return tuple(held) if inside else (*held, int(seen["now"]))


class TabularQ:
    """Watkins' Q-learning over what is in sight, with ties broken at random."""

    epsilon = 0.1
    _step_size = 0.1
    _discount = 0.99

    def __init__(self, actions: int, seed: int) -> None:
        self._actions, self._seed = actions, seed
        self._values: dict[Key, list[float]] = {}
        self._rng = np.random.default_rng(seed)

    def train(self, env: Env, steps: int) -> None:
        """Learns over a number of steps, episode after episode."""
        key = in_sight(env.reset(seed=self._seed)[0])
        for _ in range(steps):
            action = self._act(key, self.epsilon)
            seen, reward, terminated, truncated, _ = env.step(action)
            after = in_sight(seen)
            best = 0.0 if terminated else max(self._of(after))
            values = self._of(key)
            values[action] += self._step_size * (
                float(reward) + self._discount * best - values[action]
            )
            key = in_sight(env.reset()[0]) if terminated or truncated else after

    def evaluate(self, env: Env, episodes: int, *, epsilon: float) -> tuple[float, float]:
        """Returns the share of successes, and the steps of a hundred without the sign."""
        successes = lost = steps = 0
        for episode in range(episodes):
            key = in_sight(env.reset(seed=_HELD_OUT + episode)[0])
            ended = False
            while not ended:
                seen, reward, ended, *_ = env.step(self._act(key, epsilon))
                key = in_sight(seen)
                steps += 1
                lost += not ended and max(key[:-1]) < SIGN_UP
            successes += float(reward) > 0
        return successes / episodes, 100 * lost / steps

    def _act(self, key: Key, epsilon: float) -> int:
        if self._rng.random() < epsilon:
            return int(self._rng.integers(self._actions))
        values = self._of(key)
        best = max(values)
        ties = [action for action, value in enumerate(values) if value == best]
        return ties[int(self._rng.integers(len(ties)))] if len(ties) > 1 else ties[0]

    def _of(self, key: Key) -> list[float]:
        return self._values.setdefault(key, [0.0] * self._actions)
