"""`EmbodiedMem/ContextEdit-v0`: decide what goes out of a planner's sight when there is no room."""

from dataclasses import fields
from typing import Any, Final

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from embodied_mem.allocation.head import DROP, OVER, action_of
from embodied_mem.errors import unknown_name
from embodied_mem.memory.working.line_features import LINE_CONTEXT, LINE_FEATURES
from embodied_mem.types import BoolArray, Float32Array
from embodied_mem_envs.context_edit.core import ContextEditCore
from embodied_mem_envs.context_edit.table import TaleTable
from embodied_mem_envs.context_edit.tale import Tale, TaleConfig, make_tale
from embodied_mem_envs.context_edit.telling import shown_text

_LEAST: Final = 16
"""Tokens that any note takes, at least."""
_LIMIT: Final = 1000.0
"""No feature is beyond this."""

Observed = dict[str, Float32Array]


class ContextEditEnv(gym.Env[Observed, np.int64]):
    """Decide what goes out of a planner's sight when there is no room for the newest note.

    ## Description

    A robot puts one thing after the other away and notes what it is told, what it sees lying about,
    what goes wrong, what it does and how it is. A planner reads the notes in a working memory of
    `cap` tokens. Whenever a line is too much, notes have to go, one in each step, until a fifth of
    the memory is free. On the way and at the end the planner is asked for things that only the
    newest note about them tells; it answers from what is shown and from nothing else. Two of three
    kinds of notes are asked for in a tale, which two is not told, and what was asked for before is
    likely to be asked for again. The memory is `embodied_mem.memory.working.WorkingMemory`, and the
    policy that learns here is its editor; edits of the context as actions are those of Memory as
    Action (Zhang et al. 2025, arXiv 2510.12635).

    ## Action Space

    `Discrete(E)`: which line goes. Lines are numbered as they are shown, the newest as E - 1; the
    first numbers stand for nothing where fewer than E are shown. `info["action_mask"]` and
    `action_masks()` tell which are notes that may go: not the head, not a subgoal's line, and not
    the note that has just been added.

    ## Observation Space

    A `Dict`; names and meaning of the features are in `embodied_mem.memory.working.line_features`:

    | Key       | Shape   | Type    | Min   | Max  | Meaning                                     |
    |-----------|---------|---------|-------|------|---------------------------------------------|
    | `lines`   | (E, 18) | float32 | -1000 | 1000 | Features of the lines, the newest last      |
    | `context` | (9,)    | float32 | -1000 | 1000 | How full it is, and what was asked for      |

    ## Rewards

    1 at the end if all that was asked could be answered, else 0; -0.1 if the cap is broken.

    ## Starting State

    A tale up to the first line that is too much.

    ## Episode End

    Termination: after the last question; or with an action that is no note that may go, as the
    context is then over its cap. `info` then holds `is_success`, `answered` (share of the
    questions) and `tokens` (mean of what was shown after each note). There is no truncation.

    ## Arguments

    ```python
    >>> import gymnasium as gym
    >>> env = gym.make("embodied_mem_envs:EmbodiedMem/ContextEdit-v0", subgoals=5, cap=700)
    >>> observation, info = env.reset(seed=7)
    >>> oldest = int(info["action_mask"].argmax())
    >>> env.step(oldest)[1]
    0.0

    ```

    All parameters are those of `embodied_mem_envs.context_edit.tale.TaleConfig`; the first are:

    | Parameter     | Type            | Default | Description                                  |
    |---------------|-----------------|---------|----------------------------------------------|
    | `subgoals`    | **int**         | `14`    | Subgoals of a tale                           |
    | `cap`         | **int**         | `2000`  | Tokens of the working memory                 |
    | `fewest`      | **int**         | `12`    | Questions of a tale, at least                |
    | `most`        | **int**         | `12`    | Questions of a tale, at most                 |
    | `late`        | **float**       | `0.5`   | Share of the questions asked at the end      |
    | `again`       | **float**       | `0.6`   | Share about what was asked for before        |
    | `render_mode` | **str or None** | `None`  | `"ansi"`: what the planner reads             |

    ## Version History

    * v0: Initial version.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012

    def __init__(self, *, render_mode: str | None = None, **tale: Any) -> None:
        """Sets the environment up; the arguments are those of the class docstring.

        Raises:
            ConfigError: If an argument is out of its range or unknown.
        """
        known = tuple(field.name for field in fields(TaleConfig))
        for name in tale:
            if name not in known:
                raise unknown_name("argument", name, known)
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise unknown_name("render mode", render_mode, self.metadata["render_modes"])
        self.config = TaleConfig(**tale)
        self.render_mode = render_mode
        self._entries = self.config.subgoals + 2 + self.config.cap // _LEAST
        shapes = {"lines": (self._entries, len(LINE_FEATURES)), "context": (len(LINE_CONTEXT),)}
        self.observation_space: gym.Space[Any] = spaces.Dict(
            {name: spaces.Box(-_LIMIT, _LIMIT, shape, np.float32) for name, shape in shapes.items()}
        )
        self.action_space = spaces.Discrete(self._entries)
        self._core: ContextEditCore | None = None
        self._ended = False

    @property
    def tale(self) -> Tale:
        """The tale that is told, for evaluation.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        return self._running().table.tales[0]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observed, dict[str, Any]]:
        """Draws a tale and goes on to the first line that is too much.

        Args:
            seed: Seed of the environment's source of chance, as in Gymnasium.
            options: None are known.

        Raises:
            ConfigError: If `options` holds something.
        """
        super().reset(seed=seed)
        for name in options or {}:
            raise unknown_name("reset option", name, ())
        self._core = ContextEditCore(TaleTable([make_tale(self.config, self.np_random)]), 1)
        self._core.begin(np.array([0]), np.array([0]))
        self._ended = False
        return self._observed()

    def step(self, action: Any) -> tuple[Observed, float, bool, bool, dict[str, Any]]:
        """Takes a line out of sight; see the class docstring for all returned values.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet, or the episode has ended.
            gymnasium.error.InvalidAction: If the action is not in the action space.
        """
        core = self._running()
        if self._ended:
            raise gym.error.ResetNeeded("the tale has ended; call reset()")
        if not self.action_space.contains(action):
            raise gym.error.InvalidAction(f"{action!r} is not in {self.action_space}")
        entry = int(action) - (self._entries - core.entries)
        chosen = action_of(entry, DROP) if entry >= 0 else action_of(0, OVER)  # never valid
        result = core.step(chosen[None])
        self._ended = bool(result.done[0])
        observation, info = self._observed()
        if self._ended:
            asked = max(int(core.inside["asked"][0]), 1)
            info["is_success"] = float(result.reward[0]) == 1.0
            info["answered"] = float(core.inside["answered"][0]) / asked
            info["tokens"] = float(core.tokens[0])
        return observation, float(result.reward[0]), self._ended, False, info

    def action_masks(self) -> BoolArray:
        """Returns (E,) which lines may go, as sb3-contrib asks for it."""
        mask: BoolArray = np.zeros(self._entries, np.bool_)
        may = self._running().observe()[2][0, :, DROP]
        mask[self._entries - len(may) :] = may
        return mask

    def render(self) -> str | None:
        """Returns what the planner reads where the render mode is `ansi`.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        core = self._running()
        if self.render_mode is None:
            return None
        return shown_text(self.tale, core.shown[0], int(core.inside["at"][0]) + 1)

    def _running(self) -> ContextEditCore:
        if self._core is None:
            raise gym.error.ResetNeeded("there is no tale yet; call reset() first")
        return self._core

    def _observed(self) -> tuple[Observed, dict[str, Any]]:
        slots, context, _ = self._running().observe()
        lines = np.zeros((self._entries, len(LINE_FEATURES)), np.float32)
        lines[self._entries - slots.shape[1] :] = slots[0]
        mask = self.action_masks().astype(np.int8)
        return {"lines": lines, "context": context[0]}, {"action_mask": mask}
