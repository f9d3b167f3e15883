"""`EmbodiedMem/PatchWalk-v0`: keep those patches of a picture from which others can be drawn."""

from pathlib import Path
from typing import Any, Final

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.types import UInt8Array
from embodied_mem_envs.patch_walk.grid import CELLS, PATCH, ROWS, make_places, patches_of, positions
from embodied_mem_envs.patch_walk.memories import PatchMemories
from embodied_mem_envs.patch_walk.rendering import draw_state
from embodied_mem_envs.patch_walk.scoring import Drawer, load_drawer, score
from embodied_mem_envs.patch_walk.walks import ASKED, STEPS, PatchWalks, draw_patch_walks
from embodied_mem_envs.screen import RENDER_MODES, Screen, shown

Observed = dict[str, Any]
LONGEST: Final = 4096


class PatchWalkEnv(gym.Env[Observed, Any]):
    """Walk over a picture, keep what fits into memory, and be asked for patches along another way.

    ## Description

    The picture task of the Spatially-Aware Transformer (Cho et al., ICLR 2024), which has faces;
    here pictures are drawn from the seed: smooth colours, stripes, large and small shapes. A
    picture of 88 x 88 pixels is seen through 10 x 10 patches of 16 x 16, each of which overlaps
    its neighbours by half. A weakly self-avoiding walk leads over it, each step to one of those
    neighbours that it visited least. The memory holds `capacity` patches, and about each patch that
    comes the agent decides: which slot it takes, or none. Then a second walk starts somewhere, and
    the patches along its steps are to be drawn from memory, at once.

    All that counts is what is kept. As patches overlap, an asked patch can be put together of up to
    four others: 36 patches show the whole picture, if they lie right.

    ## Action Space

    `Discrete(capacity + 1)`: the slot that this patch is written over, or, with `capacity`, none:
    the patch is refused.

    ## Observation Space

    A `Dict`, with K slots and N places:

    | Key               | Space                       | Meaning                                  |
    |-------------------|-----------------------------|------------------------------------------|
    | `patch`           | `Box` (16, 16, 3) uint8     | What is seen; in the end, at the start   |
    |                   |                             | of the second walk                       |
    | `position`        | `Box` (2,) float32          | Its row and column, 0 to 9               |
    | `place`           | `Discrete(N)`               | Which cluster of positions that is in    |
    | `time`            | `Box` (1,) float32          | Steps so far                             |
    | `memory_patch`    | `Box` (K, 16, 16, 3) uint8  | What the slots hold; 0 where they do not |
    | `memory_position` | `Box` (K, 2) float32        | Where that was; -1 in an empty slot      |
    | `memory_time`     | `Box` (K,) float32          | When that was; -1 in an empty slot       |

    Places are found by k-means of the 100 positions, the same in every episode.

    ## Rewards

    In the end the share of the asked patches' pixels that are in memory, in whichever patch. With a
    `reader`, a frozen generator, the peak signal-to-noise ratio of what it draws from the memory,
    in dB. 0 before.

    ## Starting State

    The picture and both walks are drawn; the memory is empty, and the first patch waits.

    ## Episode End

    Termination: when the last patch of the walk has been decided about, after `steps` steps. `info`
    then holds `patches` (share of the asked patches that are in memory as such), `pixels` (the
    reward without a reader), `kept` (ticks of the slots), and, with a reader, `mse` and `psnr`.

    ## Arguments

    ```python
    >>> import gymnasium as gym
    >>> env = gym.make("embodied_mem_envs:EmbodiedMem/PatchWalk-v0", capacity=64)
    >>> observation, info = env.reset(seed=1)
    >>> for tick in range(256):  # a ring: the oldest goes
    ...     observation, reward, terminated, truncated, info = env.step(tick % 64)
    >>> terminated, round(reward, 3), round(info["patches"], 3)
    (True, 0.891, 0.656)

    ```

    | Parameter     | Type              | Default | Description                                  |
    |---------------|-------------------|---------|----------------------------------------------|
    | `capacity`    | **int**           | `64`    | Patches that fit into memory                 |
    | `steps`       | **int**           | `256`   | Of the walk that is memorised                |
    | `asked`       | **int**           | `32`    | Steps of the second walk                     |
    | `places`      | **int**           | `16`    | N; the paper has 8, 16 and 32                |
    | `reader`      | **str, callable** | `None`  | A trained generator that draws what is asked |
    |               |                   |         | for: a path, or a `scoring.Drawer`           |
    | `render_mode` | **str or None**   | `None`  | `"rgb_array"`, `"human"`: the picture, and   |
    |               |                   |         | what of it is in memory                      |

    ## Version History

    * v0: Initial version.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 8}  # noqa: RUF012

    def __init__(
        self,
        *,
        capacity: int = 64,
        steps: int = STEPS,
        asked: int = ASKED,
        places: int = 16,
        reader: str | Path | Drawer | None = None,
        render_mode: str | None = None,
    ) -> None:
        """Sets the environment up; the arguments are those of the class docstring.

        Raises:
            ConfigError: If an argument is out of its range, names something unknown, or the reader
                cannot be read.
        """
        for name, value in (("capacity", capacity), ("steps", steps), ("asked", asked)):
            if not 1 <= value <= LONGEST:
                raise ConfigError(f"{name} is {value}; expected 1 to {LONGEST}")
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise unknown_name("render mode", render_mode, self.metadata["render_modes"])
        self.render_mode = render_mode
        self._screen = Screen("Patch walk", self.metadata["render_fps"])
        self._capacity, self._steps, self._asked = capacity, steps, asked
        self._places = make_places(places)
        self._drawer = load_drawer(reader) if isinstance(reader, str | Path) else reader
        self.action_space = spaces.Discrete(capacity + 1)
        self.observation_space = _observations(capacity, places, steps)
        self._walks: PatchWalks | None = None
        self._memory = PatchMemories(1, capacity)
        self._patches: UInt8Array = np.zeros((CELLS, PATCH, PATCH, 3), np.uint8)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observed, dict[str, Any]]:
        """Draws a picture and two walks, and shows the first patch.

        Args:
            seed: Seed of the environment's source of chance, as in Gymnasium.
            options: There are none.

        Raises:
            ConfigError: If `options` holds something.
        """
        super().reset(seed=seed)
        for name in options or {}:
            raise unknown_name("reset option", name, ())
        self._walks = draw_patch_walks(1, self.np_random, steps=self._steps, asked=self._asked)
        self._patches = patches_of(self._walks.pictures)[0]
        self._memory = PatchMemories(1, self._capacity)
        self._memory.arrive(self._walks.walk[:, 0])
        self._show()
        return self._observe(int(self._walks.walk[0, 0])), {}

    def step(self, action: Any) -> tuple[Observed, float, bool, bool, dict[str, Any]]:
        """Puts the patch into a slot or refuses it, and goes on.

        Raises:
            gymnasium.error.ResetNeeded: If there is no episode.
            gymnasium.error.InvalidAction: If the action is not in the action space.
        """
        walks, memory = self._walks, self._memory
        if walks is None or memory.tick == self._steps:
            raise gym.error.ResetNeeded("there is no picture; call reset() first")
        if not self.action_space.contains(action):
            raise gym.error.InvalidAction(f"{action!r} is not in {self.action_space}")
        memory.put(np.array([int(action)]))
        over = memory.tick == self._steps - 1
        seen = walks.start if over else walks.walk[:, memory.tick + 1]
        memory.arrive(seen)
        self._show()
        observation = self._observe(int(seen[0]))
        if not over:
            return observation, 0.0, False, False, {}
        info = score(walks, memory.kept, self._drawer)
        reward = info["pixels"] if self._drawer is None else info["psnr"]
        return observation, reward, True, False, {**info, "kept": memory.kept[0].tolist()}

    def render(self) -> UInt8Array | None:
        """Returns the picture with the newcomer framed, and beside it what is in memory.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        return shown(self.render_mode, self._screen, self._picture)

    def close(self) -> None:
        """Closes the window, if there is one."""
        self._screen.close()

    def _observe(self, cell: int) -> Observed:
        memory = self._memory
        held, cells = memory.held[0], memory.cells[0]
        return {
            "patch": self._patches[cell].copy(),
            "position": positions(np.array(cell)).astype(np.float32),
            "place": np.int64(self._places[cell]),
            "time": np.array([memory.tick], np.float32),
            "memory_patch": self._patches[cells] * held[:, None, None, None].astype(np.uint8),
            "memory_position": np.where(held[:, None], positions(cells), -1).astype(np.float32),
            "memory_time": memory.kept[0].astype(np.float32),
        }

    def _show(self) -> None:
        if self.render_mode == "human":
            self.render()

    def _picture(self) -> UInt8Array:
        if self._walks is None:
            raise gym.error.ResetNeeded("there is no picture; call reset() first")
        return draw_state(self._walks.pictures[0], self._memory)


def _observations(capacity: int, places: int, steps: int) -> spaces.Dict:
    patch, last = (PATCH, PATCH, 3), float(ROWS - 1)
    return spaces.Dict(
        {
            "patch": spaces.Box(0, 255, patch, np.uint8),
            "position": spaces.Box(0.0, last, (2,), np.float32),
            "place": spaces.Discrete(places),
            "time": spaces.Box(0.0, float(steps), (1,), np.float32),
            "memory_patch": spaces.Box(0, 255, (capacity, *patch), np.uint8),
            "memory_position": spaces.Box(-1.0, last, (capacity, 2), np.float32),
            "memory_time": spaces.Box(-1.0, float(steps), (capacity,), np.float32),
        }
    )
