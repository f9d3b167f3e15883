"""`EmbodiedMem/TMaze-v0`: remember the sign at the entrance until the corridor forks."""

from typing import Any, Final

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.types import UInt8Array
from embodied_mem_envs.screen import RENDER_MODES, Screen, shown

CORRIDOR: Final = 0
JUNCTION: Final = 1
SIGN_UP: Final = 2
SIGN_DOWN: Final = 3
LONGEST: Final = 500
_UP, _RIGHT = 0, 1
_CELL = 32
_COLOURS: Final = {
    CORRIDOR: (204, 204, 204),
    JUNCTION: (102, 102, 255),
    SIGN_UP: (255, 102, 102),
    SIGN_DOWN: (102, 255, 102),
}


class TMazeEnv(gym.Env[np.int64, Any]):
    """Read a sign, walk down a corridor, and turn where the sign said.

    ## Description

    The passive T-maze of Adaptive Stacking (Nangue Tasse et al. 2025, arXiv 2512.19154; the task is
    Bakker's of 2001). A sign at the entrance of a corridor says behind which of two ends the goal
    lies. Nothing else tells: whoever turns right at the fork has kept the first observation. The
    agent moves on by itself, so that nothing has to be explored and only memory counts.

    ## Action Space

    `Discrete(4)`. In the corridor each action drives on by a cell; at the junction they turn:

    | Num | Action | At the junction |
    |-----|--------|-----------------|
    | 0   | Up     | Turn up         |
    | 1   | Right  | Turn up         |
    | 2   | Down   | Turn down       |
    | 3   | Left   | Turn down       |

    ## Observation Space

    `Discrete(4)`, what the cell looks like:

    | Num | Cell                                                        |
    |-----|-------------------------------------------------------------|
    | 0   | Corridor                                                    |
    | 1   | Junction                                                    |
    | 2   | Sign that points up, at the entrance; also the upper end    |
    | 3   | Sign that points down, at the entrance; also the lower end  |

    ## Rewards

    1 at the end that the sign pointed to, -1 at the other, 0 before.

    ## Starting State

    The agent stands at the entrance; the sign is drawn. `reset(options={"sign": 2})` chooses it.

    ## Episode End

    Termination: the agent has turned, after as many steps as the corridor is long. `info` then
    holds `is_success`.

    ## Arguments

    ```python
    >>> import gymnasium as gym
    >>> env = gym.make("embodied_mem_envs:EmbodiedMem/TMaze-v0", length=3)
    >>> sign, info = env.reset(seed=1)
    >>> seen = [env.step(0)[:2] for _ in range(2)]
    >>> env.step(0 if sign == 2 else 2)[1]
    1.0

    ```

    | Parameter       | Type            | Default | Description                                   |
    |-----------------|-----------------|---------|-----------------------------------------------|
    | `length`        | **int**         | `5`     | Cells from entrance to junction, both counted |
    | `random_length` | **bool**        | `False` | Draw 2 to `length` cells in each episode      |
    | `render_mode`   | **str or None** | `None`  | `"rgb_array"`, `"human"`: from above          |

    ## Version History

    * v0: Initial version.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 4}  # noqa: RUF012

    def __init__(
        self, *, length: int = 5, random_length: bool = False, render_mode: str | None = None
    ) -> None:
        """Sets the environment up; the arguments are those of the class docstring.

        Raises:
            ConfigError: If an argument is out of its range or names something unknown.
        """
        if not 2 <= length <= LONGEST:
            raise ConfigError(f"length is {length}; expected 2 to {LONGEST} cells")
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise unknown_name("render mode", render_mode, self.metadata["render_modes"])
        self.render_mode = render_mode
        self._screen = Screen("T-maze", self.metadata["render_fps"])
        self.observation_space = spaces.Discrete(4)
        self.action_space = spaces.Discrete(4)
        self._longest, self._random_length = length, random_length
        self._length = length
        self._sign: int | None = None
        self._cell = 0
        self._end = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.int64, dict[str, Any]]:
        """Puts the agent before a sign.

        Args:
            seed: Seed of the environment's source of chance, as in Gymnasium.
            options: `sign` (2 or 3) chooses the sign.

        Raises:
            ConfigError: If `options` holds something else.
        """
        super().reset(seed=seed)
        options = options or {}
        for name in options:
            if name != "sign":
                raise unknown_name("reset option", name, ("sign",))
        drawn = int(self.np_random.integers(SIGN_UP, SIGN_DOWN + 1))
        self._sign = options.get("sign", drawn)
        if self._sign not in (SIGN_UP, SIGN_DOWN):
            raise ConfigError(f"sign is {self._sign}; expected {SIGN_UP} or {SIGN_DOWN}")
        if self._random_length:
            self._length = int(self.np_random.integers(2, self._longest + 1))
        self._cell, self._end = 0, 0
        self._show()
        return np.int64(self._sign), {}

    def step(self, action: Any) -> tuple[np.int64, float, bool, bool, dict[str, Any]]:
        """Drives on by a cell, or turns.

        Raises:
            gymnasium.error.ResetNeeded: If there is no episode.
            gymnasium.error.InvalidAction: If the action is not in the action space.
        """
        if self._sign is None or self._end:
            raise gym.error.ResetNeeded("the agent is in no corridor; call reset() first")
        if not self.action_space.contains(action):
            raise gym.error.InvalidAction(f"{action!r} is not in {self.action_space}")
        if self._cell < self._length - 1:
            self._cell += 1
            at_fork = self._cell == self._length - 1
            self._show()
            return np.int64(JUNCTION if at_fork else CORRIDOR), 0.0, False, False, {}
        self._end = SIGN_UP if action in (_UP, _RIGHT) else SIGN_DOWN
        right = self._end == self._sign
        info = {"is_success": right}
        self._show()
        return np.int64(self._end), 1.0 if right else -1.0, True, False, info

    def render(self) -> UInt8Array | None:
        """Returns the maze from above, a cell 32 pixels wide, and the agent as a dot.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        return shown(self.render_mode, self._screen, self._picture)

    def close(self) -> None:
        """Closes the window, if there is one."""
        self._screen.close()

    def _show(self) -> None:
        if self.render_mode == "human":
            self.render()

    def _picture(self) -> UInt8Array:
        if self._sign is None:
            raise gym.error.ResetNeeded("the agent is in no corridor; call reset() first")
        cells = np.zeros((3, self._length, 3), np.uint8)
        cells[1, :] = _COLOURS[CORRIDOR]
        cells[1, 0] = _COLOURS[self._sign]
        cells[:, -1] = [_COLOURS[kind] for kind in (SIGN_UP, JUNCTION, SIGN_DOWN)]
        picture: UInt8Array = cells.repeat(_CELL, axis=0).repeat(_CELL, axis=1)
        row = {0: 1, SIGN_UP: 0, SIGN_DOWN: 2}[self._end]
        middle = slice(_CELL // 4, -_CELL // 4)
        square = picture[row * _CELL : (row + 1) * _CELL]
        square[:, self._cell * _CELL : (self._cell + 1) * _CELL][middle, middle] = 0
        return picture
