"""`EmbodiedMem/LabelExpansion-v0`: what to keep of things whose labels grow finer."""

from typing import Any, Final

import cv2
import gymnasium as gym
import numpy as np
from gymnasium import spaces

from embodied_mem.brain.control.clock import ClockMode
from embodied_mem.errors import unknown_name
from embodied_mem.types import BoolArray, Float32Array, UInt8Array
from embodied_mem_envs.tasks.game_env import GameEnv, Observed
from embodied_mem_envs.tasks.label_expansion.crops import PICTURE
from embodied_mem_envs.tasks.label_expansion.features import SIZE
from embodied_mem_envs.tasks.label_expansion.game import ExpansionConfig, ExpansionGame
from embodied_mem_envs.tasks.label_expansion.stream import Shown

_LIMIT: Final = 50.0
"""No feature is beyond this."""
_MOST_MISSED: Final = 100
_COLUMNS: Final = 10
_TILE: Final = 64


class LabelExpansionEnv(GameEnv[ExpansionGame]):
    """Decide what a small buffer keeps of a stream of things whose labels grow finer.

    ## Description

    A robot is shown one thing after the other, crops rendered in generated houses, and told what
    each is: at first only coarsely ("seating"), later, one group after the other, finely
    ("chair"). Labels of what it holds stay as they were told. It keeps a few of the crops. From
    time to time what it holds is put to the test: things in other houses are given the label of
    the nearest crop in the buffer, coarse and fine. The task is after online continual learning on
    hierarchical label expansion (Lee et al., ICCV 2023).

    ## Action Space

    `Discrete(slots + 1)`: 0 leaves what is shown, i + 1 puts it into slot i, in the place of what
    is there. All are always possible; `info["action_mask"]` and `action_masks()` say so.

    ## Observation Space

    A `Dict`. L is 20 + `depth` G C + 2 with G groups of C categories: the features of a crop (see
    `features.crop_features`), its label, and whether there is a crop at all and how deep its label
    is told. The label is one row of G C numbers for each level, which stand for the leaves: 1 for
    those that it may be.

    | Key         | Shape        | Type    | Min | Max | Meaning                                 |
    |-------------|--------------|---------|-----|-----|-----------------------------------------|
    | `candidate` | (L,)         | float32 | -50 | 50  | What is shown                           |
    | `slots`     | (slots * L,) | float32 | -50 | 50  | The buffer; zeros where a slot is empty |
    | `time`      | (1,)         | float32 | 0   | 1   | Share of the stream that has gone by    |

    ## Rewards

    At each of the `checkpoints`, the mean of the coarse and the fine accuracy over their number;
    0 else. Each category counts alike; only categories whose finest label was told count for the
    fine accuracy. The return is `info["progress"]`, in [0, 1].

    ## Starting State

    Houses, labels and stream are drawn from the seed, and the buffer is empty.
    `reset(options={"episode_seed": n})` chooses the episode. Drawing the houses and rendering the
    crops takes some seconds.

    ## Episode End

    Termination: after the last step of the stream. There is no truncation. `info` holds
    `coarse_accuracy` and `fine_accuracy` at each checkpoint.

    ## Arguments

    ```python
    >>> import gymnasium as gym
    >>> name = "embodied_mem_envs:EmbodiedMem/LabelExpansion-v0"
    >>> env = gym.make(name, groups=2, categories=2, houses=3, held_out=2, steps=20, slots=5)
    >>> observation, info = env.reset(seed=7)
    >>> observation["slots"].shape, int(env.action_space.n)
    ((150,), 6)

    ```

    | Parameter       | Type            | Default    | Description                                |
    |-----------------|-----------------|------------|--------------------------------------------|
    | `clock`         | **str**         | `"paused"` | What thinking costs                        |
    | `latency`       | **float**       | `1.0`      | Seconds a decision takes, simulated        |
    | `render_mode`   | **str or None** | `None`     | `"rgb_array"`, `"human"`: what is held     |

    All further parameters are those of `ExpansionConfig`: `steps` (2500), `slots` (60),
    `checkpoints` (10), `depth` (2), `groups` (6), `categories` (4), `houses` (12), `held_out` (4),
    `rooms` (None: drawn), `pseudo_labels` (False). A thing is shown for a second. With
    `clock="simulated"` `ceil(latency)` things go by unseen after each decision, with
    `clock="wall"` as many as the learner took seconds.

    ## Version History

    * v0: Initial version.
    """

    def __init__(
        self,
        *,
        clock: ClockMode = "paused",
        latency: float = 1.0,
        render_mode: str | None = None,
        **episode: Any,
    ) -> None:
        """Sets the environment up; the arguments are those of the class docstring.

        Raises:
            ConfigError: If an argument is out of its range or unknown.
        """
        for name in episode:
            if name not in ExpansionConfig.__dataclass_fields__:
                raise unknown_name("argument", name, ExpansionConfig.__dataclass_fields__)
        super().__init__(
            "EmbodiedMem/LabelExpansion-v0", clock=clock, latency=latency, render_mode=render_mode
        )
        self.config = ExpansionConfig(**episode)
        self._leaves = self.config.groups * self.config.categories
        self._width = SIZE + self.config.depth * self._leaves + 2
        whole = spaces.Box(-_LIMIT, _LIMIT, (self._width,), np.float32)
        held = spaces.Box(-_LIMIT, _LIMIT, (self.config.slots * self._width,), np.float32)
        self.observation_space: gym.Space[Any] = spaces.Dict(
            {"candidate": whole, "slots": held, "time": spaces.Box(0.0, 1.0, (1,), np.float32)}
        )
        self.action_space = spaces.Discrete(self.config.slots + 1)
        self._slots = np.zeros((self.config.slots, self._width), np.float32)

    def step(self, action: Any) -> tuple[Observed, float, bool, bool, dict[str, Any]]:
        """Keeps or leaves what is shown; see the class docstring for all returned values.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet, or the episode has ended.
            gymnasium.error.InvalidAction: If the action is not in the action space.
        """
        game, number = self.game, self._checked(action)
        candidate = game.shown
        if candidate is None:
            raise gym.error.ResetNeeded("the stream is over; call reset() first")
        before, trials = game.progress, len(game.trials)
        slot = number - 1
        if slot >= 0:
            self._slots[slot] = self._row(candidate)
        game.keep(slot if slot >= 0 else None)
        for _ in range(self._ticks_thought(_MOST_MISSED)):
            game.miss()
        self._rest()
        info = self._info()
        if len(game.trials) > trials:
            last = game.trials[-1]
            info |= {"coarse_accuracy": last.coarse, "fine_accuracy": last.fine}
        return self._observation(), game.progress - before, game.shown is None, False, info

    def action_masks(self) -> BoolArray:
        """Returns which actions are possible: all."""
        return np.ones(self.config.slots + 1, bool)

    # -- inside --------------------------------------------------------------------------------

    def _begin(self, seed: int) -> ExpansionGame:
        self._slots = np.zeros_like(self._slots)
        return ExpansionGame(seed, self.config)

    def _row(self, crop: Shown) -> Float32Array:
        """Returns (L,) a crop as the observation has it."""
        tree = self.game.material.tree
        levels = np.zeros((self.config.depth, self._leaves), np.float32)
        for depth in range(1, len(crop.label) + 1):
            for index, leaf in enumerate(tree.leaves):
                levels[depth - 1, index] = leaf[:depth] == crop.label[:depth]
        told = len(crop.label) / self.config.depth
        ends = np.array([1.0, told], np.float32)
        row = np.concatenate([self.game.features(crop), levels.ravel(), ends])
        clipped: Float32Array = np.clip(row, -_LIMIT, _LIMIT).astype(np.float32)
        return clipped

    def _observation(self) -> Observed:
        game = self.game
        nothing = np.zeros(self._width, np.float32)
        return {
            "candidate": nothing if game.shown is None else self._row(game.shown),
            "slots": self._slots.ravel().copy(),
            "time": np.array([game.step / self.config.steps], np.float32),
        }

    def _info(self) -> dict[str, Any]:
        return {
            "action_mask": self.action_masks().astype(np.int8),
            "progress": self.game.progress,
        }

    def _picture(self) -> UInt8Array:
        game = self.game
        crops = [game.shown, *game.buffer]
        rows = 1 + -(-self.config.slots // _COLUMNS)
        sheet = np.full((rows * _TILE, _COLUMNS * _TILE, 3), 24, np.uint8)
        for place, crop in enumerate(crops):
            if crop is None:
                continue
            row, column = (0, 0) if place == 0 else divmod(place - 1 + _COLUMNS, _COLUMNS)
            picture = game.material.stream.pictures[crop.crop]
            assert picture.shape == (PICTURE, PICTURE, 3)
            tile = cv2.resize(picture, (_TILE, _TILE), interpolation=cv2.INTER_NEAREST)
            sheet[row * _TILE : (row + 1) * _TILE, column * _TILE : (column + 1) * _TILE] = tile
        if game.shown is not None:
            _write(sheet, " > ".join(game.shown.label))
        return sheet


def _write(sheet: UInt8Array, text: str) -> None:
    place = (_TILE + 10, _TILE // 2 + 6)
    cv2.putText(sheet, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (240, 240, 240), 1, cv2.LINE_AA)
