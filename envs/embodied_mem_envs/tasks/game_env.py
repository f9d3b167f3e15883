"""What environments around a game have in common: episodes, the clock and the window."""

import time
from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

import gymnasium as gym
import numpy as np

from embodied_mem.brain.control.clock import Clock, ClockMode
from embodied_mem.errors import unknown_name
from embodied_mem.types import Float32Array, UInt8Array
from embodied_mem_envs.screen import RENDER_MODES, Screen, shown
from embodied_mem_envs.tasks.episode_seed import draw_episode_seed

Observed = dict[str, Float32Array]

_Game = TypeVar("_Game")


class GameEnv(gym.Env[Observed, np.int64], ABC, Generic[_Game]):
    """Plays games in which a step is a decision; a subclass says which, and documents itself."""

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 4}  # noqa: RUF012

    def __init__(
        self, title: str, *, clock: ClockMode, latency: float, render_mode: str | None
    ) -> None:
        """Sets up what they have in common.

        Args:
            title: Of the window.
            clock: What the policy's thinking costs.
            latency: Seconds a decision of the simulated clock.
            render_mode: `rgb_array`, `human` or None.

        Raises:
            ConfigError: If an argument is out of its range or names something unknown.
        """
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise unknown_name("render mode", render_mode, self.metadata["render_modes"])
        self.render_mode = render_mode
        self._clock = Clock(clock, rate=1.0, latency=latency)
        self._screen = Screen(title, float(self.metadata["render_fps"]))
        self._game: _Game | None = None
        self._acted = 0.0

    # -- for subclasses ------------------------------------------------------------------------

    @abstractmethod
    def _begin(self, seed: int) -> _Game:
        """Forgets the last game and makes that of a seed."""

    @abstractmethod
    def _observation(self) -> Observed:
        """Returns what there is to see now."""

    @abstractmethod
    def _info(self) -> dict[str, Any]:
        """Returns what `step` and `reset` tell besides."""

    @abstractmethod
    def _picture(self) -> UInt8Array:
        """Draws the game."""

    def _checked(self, action: Any) -> int:
        if not self.action_space.contains(action):
            raise gym.error.InvalidAction(f"{action!r} is not in {self.action_space}")
        return int(action)

    def _ticks_thought(self, most: int) -> int:
        """Returns how many ticks the last decision took, by the wall clock `most` at most."""
        if self._clock.mode == "simulated":
            return self._clock.ticks(self._clock.latency or 0.0)
        if self._clock.mode == "wall":
            return min(most, int(time.monotonic() - self._acted))
        return 0

    def _rest(self) -> None:
        """Ends a step: from now on the policy thinks."""
        self._acted = time.monotonic()
        if self.render_mode == "human":
            self.render()

    # -- as Gymnasium has it -------------------------------------------------------------------

    @property
    def game(self) -> _Game:
        """The episode that runs, for evaluation.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        if self._game is None:
            raise gym.error.ResetNeeded("there is no episode yet; call reset() first")
        return self._game

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observed, dict[str, Any]]:
        """Draws an episode and returns the first observation.

        Args:
            seed: Seed of the environment's source of chance, as in Gymnasium.
            options: `episode_seed` chooses the episode.

        Raises:
            ConfigError: If `options` holds something else.
            HouseError: If the houses do not suit the game.
        """
        super().reset(seed=seed)
        self._game = self._begin(draw_episode_seed(self.np_random, options))
        self._rest()
        return self._observation(), self._info()

    def render(self) -> UInt8Array | None:
        """Returns, or shows, a picture of the game.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        return shown(self.render_mode, self._screen, self._picture)

    def close(self) -> None:
        """Closes the window, if there is one."""
        self._screen.close()
