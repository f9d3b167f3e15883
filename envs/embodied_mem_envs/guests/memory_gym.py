"""Memory Gym's grid tasks told in symbols: where the agent is, how it is turned, what is shown.

Memory Gym (Pleines et al. 2023, arXiv 2309.17207) shows pictures of 84x84 pixels. What these
pictures say is told here as numbers, so that a policy learns to remember rather than to see; the
rules of the tasks are Memory Gym's own code, and so are its reset parameters.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from embodied_mem_envs.guests.missing import MissingGuestError

COMMANDS: Final = ("right", "down", "left", "up", "stay", "")
"""What Mortar Mayhem shows; the last is nothing."""
TURNS: Final = 4
PATH_SIDE: Final = 7
"""Tiles along a side of Mystery Path."""
# SDL would swallow the signal that asks this process to end, where nobody reads its events.
_DRIVERS: Final = {
    "SDL_VIDEODRIVER": "dummy",
    "SDL_AUDIODRIVER": "dummy",
    "SDL_NO_SIGNAL_HANDLERS": "1",
}
_QUARTER: Final = 90
Seen = dict[str, Any]


@contextmanager
def _headless() -> Iterator[None]:
    """Lets pygame start without a screen; the variables are as before afterwards."""
    before = {name: os.environ.get(name) for name in _DRIVERS}
    os.environ.update(_DRIVERS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class _GridTask(gym.Env[Seen, np.int64], ABC):
    """A grid task of Memory Gym, of which `place` and `turned` are told and further signs."""

    def __init__(self, game: str, side: int, signs: Mapping[str, int], settings: Seen) -> None:
        self._game, self._side, self._settings = _made(game), side, settings
        sizes = {"place": side * side, "turned": TURNS, **signs}
        self.action_space: spaces.Space[Any] = spaces.Discrete(TURNS)
        self.observation_space = spaces.Dict(
            {name: spaces.Discrete(size) for name, size in sizes.items()}
        )

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Seen, dict[str, Any]]:
        """Draws an episode; `options` are further reset parameters of Memory Gym."""
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(1 << 31))
        with _headless():
            self._game.reset(seed=drawn, options=self._settings | (options or {}))
        return self._seen(self._first()), {}

    def step(self, action: Any) -> tuple[Seen, float, bool, bool, dict[str, Any]]:
        """Stays (0), turns left (1) or right (2), or goes forward (3)."""
        shown = self._next()
        _, reward, terminated, truncated, info = self._game.step(int(action))
        about = {"is_success": self._succeeded(info)} if terminated else {}
        return self._seen(shown), float(reward), bool(terminated), bool(truncated), about

    def close(self) -> None:
        """Leaves pygame running: closing one game of Memory Gym would end those beside it."""

    def _seen(self, shown: str) -> Seen:
        x, y = (int(each) for each in self._game.normalized_agent_position)
        seen = {
            "place": x * self._side + y,
            "turned": self._game.agent.rotation // _QUARTER,
            **self._signs(shown),
        }
        return {name: np.int64(value) for name, value in seen.items()}

    def _succeeded(self, info: Mapping[str, Any]) -> bool:
        """Returns whether an episode that ended with this `info` is a success."""
        return bool(info["success"])

    @abstractmethod
    def _signs(self, shown: str) -> dict[str, int]:
        """Returns what else the picture shows."""

    def _first(self) -> str:
        """Returns the command that is shown after a reset."""
        return ""

    def _next(self) -> str:
        """Returns the command that the next step shows."""
        return ""


@final
class MortarMayhemGrid(_GridTask):
    """MortarMayhem-Grid-v0: a list of commands is shown, then each has to be carried out in time.

    Observed are the agent's tile (`place`), how it is turned (`turned`), the command that is shown
    (`command`, as in `COMMANDS`) and whether the mortar is on (`burning`: all tiles but the right
    one are red). An episode ends with the first command that is not carried out. Rewards are shares
    of the list, so that 1 is all of it; `info` holds `is_success` at the end.
    """

    def __init__(self, *, commands: int = 3, side: int = 5, delay: int = 4) -> None:
        """Makes the task, with one step a shown command and no pause between them.

        Args:
            commands: How many are in the list; Memory Gym has 10.
            side: Tiles along a side of the arena.
            delay: Steps to carry out one; 4 are just enough to turn round and go.

        Raises:
            MissingGuestError: If Memory Gym is not installed.
        """
        settings = {
            "arena_size": side,
            "command_count": [commands],
            "command_show_duration": [1],
            "command_show_delay": [0],
            "explosion_duration": [1],
            "explosion_delay": [delay],
            "reward_command_success": 1.0 / commands,
        }
        signs = {"command": len(COMMANDS), "burning": 2}
        super().__init__("MortarMayhem", side, signs, settings)

    def _signs(self, shown: str) -> dict[str, int]:
        return {"command": COMMANDS.index(shown), "burning": int(self._game.arena.tiles_on)}

    def _succeeded(self, info: Mapping[str, Any]) -> bool:
        # Its own flag is set by the last command even if that was not carried out.
        return bool(np.isclose(info["reward"], 1.0))

    def _first(self) -> str:
        return str(self._game._commands[0])

    def _next(self) -> str:
        left = self._game._command_visualization
        return str(left[0]) if left else ""


@final
class MysteryPathGrid(_GridTask):
    """MysteryPath-Grid-v0: a path that is not seen; who leaves it falls and starts anew.

    Observed are the agent's tile (`place`), how it is turned (`turned`) and whether it has just
    fallen off the path (`fallen`). Where the path goes is learned by falling, and has to be
    remembered. `info` holds `is_success` at the end.
    """

    def __init__(self, *, steps: int = 128, progress: float = 0.1) -> None:
        """Makes the task.

        Args:
            steps: After which an episode ends.
            progress: Reward of each tile of the path on the first visit; the goal's is 1.

        Raises:
            MissingGuestError: If Memory Gym is not installed.
        """
        settings = {"max_steps": steps, "reward_path_progress": progress}
        super().__init__("MysteryPath", PATH_SIDE, {"fallen": 2}, settings)

    def _signs(self, shown: str) -> dict[str, int]:
        return {"fallen": int(self._game.is_off_path)}


def _made(name: str) -> Any:
    """Makes a grid game of Memory Gym that draws nothing."""
    with _headless():
        try:
            from memory_gym.mortar_mayhem_grid import GridMortarMayhemEnv
            from memory_gym.mystery_path_grid import GridMysteryPathEnv
        except ImportError as error:
            raise MissingGuestError("memory-gym==1.0.2") from error
        game = {"MortarMayhem": GridMortarMayhemEnv, "MysteryPath": GridMysteryPathEnv}[name]()
    game._draw_surfaces = _draw_nothing
    return game


def _draw_nothing(surfaces: Any) -> None:
    """Stands in for drawing, which takes most of a step and is not looked at."""
