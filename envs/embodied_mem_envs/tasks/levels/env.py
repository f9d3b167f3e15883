"""Any episode as a Gymnasium environment."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, get_args

import gymnasium as gym

from embodied_mem.brain.control.clock import Clock, ClockMode
from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.types import BoolArray, UInt8Array
from embodied_mem_envs.house.body import CameraConfig
from embodied_mem_envs.screen import RENDER_MODES, Screen, shown
from embodied_mem_envs.tasks.episode import Episode
from embodied_mem_envs.tasks.episode_seed import draw_episode_seed
from embodied_mem_envs.tasks.levels.asked import AskedConfig
from embodied_mem_envs.tasks.levels.drawing import draw
from embodied_mem_envs.tasks.levels.level import Level, Observed
from embodied_mem_envs.tasks.levels.low import LowLevel
from embodied_mem_envs.tasks.levels.memory import MemoryLevel
from embodied_mem_envs.tasks.levels.play import Play

LevelName = Literal["low", "memory"]
LEVELS: tuple[LevelName, ...] = get_args(LevelName)


class EpisodeEnv(gym.Env[Observed, Any], ABC):
    """Plays the episodes of a task; a subclass says which, and documents itself."""

    metadata: dict[str, Any] = {"render_modes": [*RENDER_MODES], "render_fps": 4}  # noqa: RUF012

    def __init__(
        self,
        *,
        level: LevelName = "low",
        width: int = 128,
        height: int = 128,
        hfov: float = 1.5707963267948966,
        continuous: bool = False,
        clock: ClockMode = "paused",
        latency: float = 1.0,
        asked: AskedConfig | None = None,
        render_mode: str | None = None,
    ) -> None:
        """Sets up what all tasks have in common.

        Args:
            level: `low` or `memory`.
            width: Of the pictures, pixels.
            height: Of the pictures, pixels.
            hfov: Horizontal field of view, rad.
            continuous: Speeds instead of steps, at level `low` only.
            clock: What the policy's thinking costs.
            latency: Seconds an action of the simulated clock.
            asked: How asks are shown.
            render_mode: `rgb_array`, `human` or None.

        Raises:
            ConfigError: If an argument is out of its range or names something unknown.
        """
        if level not in LEVELS:
            raise unknown_name("level", level, LEVELS)
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise unknown_name("render mode", render_mode, self.metadata["render_modes"])
        if continuous and level != "low":
            raise ConfigError("continuous actions need level='low'")
        self.render_mode = render_mode
        self.camera = CameraConfig(width=width, height=height, hfov=hfov)
        self.seconds_per_tick = 0.25 if continuous else 1.0
        """Length of a tick of the body."""
        self.asked = asked or AskedConfig()
        self._clock = Clock(clock, rate=1.0 / self.seconds_per_tick, latency=latency)
        self._screen = Screen(type(self).__name__, self.metadata["render_fps"])
        self._level_name: LevelName = level
        self._continuous = continuous
        self._level: Level = self._make_level()
        self._play: Play | None = None
        self._history: tuple[int, list[Any]] | None = None
        self.action_space = self._level.action_space
        self.observation_space: gym.Space[Any] = self._level.observation_space

    # -- for subclasses ------------------------------------------------------------------------

    @abstractmethod
    def make_episode(self, seed: int) -> Episode:
        """Makes the episode of a seed, from which all is drawn; the body's camera is `camera`."""

    def beside(self) -> Sequence[UInt8Array]:
        """Returns pictures to be drawn beside what the robot sees."""
        return ()

    # -- as Gymnasium has it -------------------------------------------------------------------

    @property
    def episode(self) -> Episode:
        """The episode that is played, for evaluation.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        return self._playing().episode

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observed, dict[str, Any]]:
        """Draws an episode and goes on to its first decision.

        Args:
            seed: Seed of the environment's source of chance, as in Gymnasium.
            options: `episode_seed` chooses the episode.

        Raises:
            ConfigError: If `options` holds something else.
        """
        super().reset(seed=seed)
        self._begin(draw_episode_seed(self.np_random, options))
        return self._level.observe(), self._info()

    def step(self, action: Any) -> tuple[Observed, float, bool, bool, dict[str, Any]]:
        """Carries out one action.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
            gymnasium.error.InvalidAction: If the action is not in the action space.
        """
        play = self._playing()
        if not self.action_space.contains(action):
            raise gym.error.InvalidAction(f"{action!r} is not in {self.action_space}")
        before, replies = play.episode.progress, play.replies
        self._act(action)
        gained = play.episode.progress - before
        if self.render_mode == "human":
            self.render()
        info = self._info(judged=play.replies > replies)
        play.rest()
        return self._level.observe(), float(gained), play.ended, False, info

    def action_masks(self) -> BoolArray:
        """Returns which actions make sense now, as sb3-contrib's `MaskablePPO` asks for them."""
        self._playing()
        return self._level.mask()

    def render(self) -> UInt8Array | None:
        """Returns, or shows, what the robot sees and what it is asked.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        return shown(self.render_mode, self._screen, lambda: draw(self._playing(), self.beside()))

    def close(self) -> None:
        """Ends the episode and closes the window, if there is one."""
        self._screen.close()
        self._level.close()
        if self._play is not None:
            self._play.episode.close()

    # -- inside --------------------------------------------------------------------------------

    def _make_level(self) -> Level:
        if self._level_name == "low":
            return LowLevel(self.camera, self.asked, continuous=self._continuous)
        return MemoryLevel(self.asked)

    def _begin(self, seed: int) -> None:
        self._level.close()
        if self._play is not None:
            self._play.episode.close()
        self._play = Play(self.make_episode(seed), self._clock)
        self._history = (seed, [])
        self._level.begin(self._play)
        self._play.rest()

    def _act(self, action: Any) -> None:
        assert self._history is not None
        self._history[1].append(action)
        self._level.act(action)

    def _playing(self) -> Play:
        if self._play is None:
            raise gym.error.ResetNeeded("there is no episode yet; call reset() first")
        return self._play

    def _info(self, judged: bool = False) -> dict[str, Any]:
        play = self._playing()
        judgement = play.judgement if judged else None
        return {
            "task": play.episode.task,
            "episode_seed": play.episode.seed,
            "progress": play.episode.progress,
            "kind": play.ask.kind if play.ask is not None else "",
            "text": play.ask.text if play.ask is not None else "",
            "replies": play.replies,
            "right": judgement.right if judgement is not None else None,
            "reason": judgement.reason if judgement is not None else "",
            "values": dict(judgement.values) if judgement is not None else {},
            "action_mask": self._level.mask(),
        }

    def __getstate__(self) -> dict[str, Any]:
        # A store that is open does not travel. Neither need it: an episode that is played again
        # by the same actions comes to the same point.
        state = dict(self.__dict__)
        for name in ("_level", "_play"):
            del state[name]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._play = None
        self._level = self._make_level()
        if self._history is not None:
            seed, actions = self._history
            self._begin(seed)
            for action in actions:
                self._act(action)
