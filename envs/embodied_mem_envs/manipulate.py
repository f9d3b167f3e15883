"""`EmbodiedMem/Manipulate-v0`: do what you are told with one arm at a table, and remember."""

import time
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from embodied_mem.brain.control.clock import Clock, ClockMode
from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.types import AnyArray, Command, Observation, UInt8Array
from embodied_mem_envs.screen import RENDER_MODES, Screen, shown
from embodied_mem_envs.tabletop import TabletopBody, default_cell
from embodied_mem_envs.tabletop.camera import FRONT, WRIST
from embodied_mem_envs.tabletop.tasks import FAMILIES, LEVELS, Outcome, TaskEpisode, make_episode
from embodied_mem_envs.tabletop.tasks.playing import play_history, starting_layout
from embodied_mem_envs.tabletop.tasks.steering import CONTROLS, Control, Steering
from embodied_mem_envs.tabletop.tasks.truth import TableTruth, table_truth

MAX_DEPTH = 3.0
"""Depth beyond this is given as 0, metres."""
SENTENCE = 160
"""Most characters of an instruction."""
LETTERS = "".join(chr(code) for code in range(32, 127))
"""Characters that an instruction may hold."""
TIME_COST = 0.001
"""Taken off the reward of every step."""
MOST_COUNTED = 9
"""Largest number that an answer can be."""
_PLACE_LIMIT = 2.0
_CLOCKS: tuple[ClockMode, ...] = ("paused", "simulated", "wall")
_MOST_WALL_TICKS = 2000
_OPTIONS = ("family", "level", "task_seed", "repeat", "history")

Observed = dict[str, Any]


class ManipulateEnv(gym.Env[Observed, AnyArray]):
    """Do what an instruction asks with a robot arm, some of it from memory.

    ## Description

    A Franka Panda stands at a table with a chest of two drawers, three bins, a tray and loose
    things of thirty kinds, and sees through two RGB-D cameras, one on a gantry and one on its
    hand. A person asks for something in plain English. There are ten families of tasks:

    | Family       | Asked for                                                                  |
    |--------------|----------------------------------------------------------------------------|
    | `sort`       | Every block into the bin of its colour                                     |
    | `stack`      | One block on another, or a tower of three                                  |
    | `put_away`   | A thing into a drawer, which is closed then                                |
    | `fetch`      | A thing that was seen going into a drawer onto the tray; drawers closed    |
    | `restore`    | Everything back to where it lay when the visit began                       |
    | `swap`       | Two things change places                                                   |
    | `count`      | How many things of a colour or kind there are, drawers included or not     |
    | `clear`      | Nothing over the lane in the middle of the table                           |
    | `set_table`  | The dishes as they lay on the visit before                                 |
    | `find_moved` | A thing onto the tray that is not where it was last seen                   |

    Level 1 has few things, level 2 look-alikes and drawers, level 3 clutter and several visits.
    What is needed may have been seen only before the episode begins (`info["history"]`), so that
    whoever forgets it fails.

    ## Action Space

    `control="ee_delta"`: a `Box(-1, 1, (5,), float32)`, held for 10 ticks of 5 ms (20 Hz). The hand
    always points straight down; its joints are found by inverse kinematics.

    | Num | Action            | Min (-1)  | Max (1)  |
    |-----|-------------------|-----------|----------|
    | 0   | Hand along x      | -0.02 m   | 0.02 m   |
    | 1   | Hand along y      | -0.02 m   | 0.02 m   |
    | 2   | Hand along z      | -0.02 m   | 0.02 m   |
    | 3   | Turn of the hand  | -0.15 rad | 0.15 rad |
    | 4   | Distance of the fingers | 0 m | 0.08 m   |

    `control="joint_delta"`: a `Box(-1, 1, (8,), float32)`: seven joints by up to 0.08 rad each, and
    the fingers as above.

    Where the family is `count` or `random`, the action has one more number at its end, the answer:
    below 0 nothing is said; else `round(9 * action)` is said. Whoever answers ends the episode.

    ## Observation Space

    A `Dict`; the front camera has 320 x 240 pixels, the wrist camera 160 x 120:

    | Key              | Shape         | Type    | Min | Max | Meaning                            |
    |------------------|---------------|---------|-----|-----|------------------------------------|
    | `front_rgb`      | (240, 320, 3) | uint8   | 0   | 255 | Colour image of the front camera   |
    | `front_depth`    | (76800,)      | float32 | 0   | 3   | Its z-depth, metres; 0 is none     |
    | `wrist_rgb`      | (120, 160, 3) | uint8   | 0   | 255 | Colour image of the wrist camera   |
    | `wrist_depth`    | (19200,)      | float32 | 0   | 3   | Its z-depth, metres; 0 is none     |
    | `proprioception` | (15,)         | float32 | -4.2 | 100 | See below                        |
    | `instruction`    | text          | str     |     |     | What is asked, at most 160 letters |

    Proprioception is, in this order: seven joint positions (rad); distance of the fingers (m),
    force between them and force from outside (N, cut at 100); the hand's x, y, z (m), cosine and
    sine of its turn. Images are flat except for `rgb`, because that is how Stable-Baselines3
    tells images from vectors; `observation["front_depth"].reshape(240, 320)` is the image.
    With `instruction="codes"` the instruction is a `Box(0, 255, (160,), uint8)` of ASCII codes,
    filled up with zeros, for what knows no `Text` space: Stable-Baselines3, and the shared memory
    of Gymnasium's `AsyncVectorEnv` (which needs `shared_memory=False` for texts).

    ## Rewards

    The reward of a step is the sum of three terms, each in `info["reward_terms"]`:

    - `progress`: by how much the share of the task that is done has grown since the step before,
      so that all steps together give at most 1; undoing costs what doing gave. Ways that things
      have come towards where they belong count in part; what must stay as it is (a closed drawer)
      and does not, halves the share at worst.
    - `success`: 1 on the step on which the task is done.
    - `time`: -0.001.

    ## Starting State

    The arm is at home, where it hides little from the front camera; all drawers are closed; the
    history has been played. Family, level and task are drawn from the seed of the reset as far
    as the arguments leave them open.

    ## Episode End

    1. Termination: everything that was asked for is so and nothing is held, or an answer was given.
    2. Truncation: the episode is longer than 1200 steps, a minute (`max_episode_steps` of
       `gymnasium.make`).

    `info` holds `family`, `level`, `task_seed`, `progress`, `success`, `missing` (in words),
    `reward_terms` and `unreachable` (whether the last action could not be carried out). After
    `reset` it holds `history` too: a tuple with one dict for each look that was taken before the
    instruction was given: `visit` (0 for the first), `tick`, `front_rgb`, `front_depth`.

    `reset(options={...})` chooses the episode: `family`, `level`, `task_seed`, `repeat` (True for
    the same things at new poses and in other words) and `history` (False leaves the pictures out of
    `info`, which saves their rendering).

    ## Arguments

    ```python
    >>> import gymnasium as gym
    >>> env = gym.make("embodied_mem_envs:EmbodiedMem/Manipulate-v0", family="stack")
    >>> observation, info = env.reset(seed=7)
    >>> observation["instruction"]
    'Would you be so kind as to place the purple block on top of the red block?'
    >>> env.close()

    ```

    | Parameter     | Type               | Default      | Description                              |
    |---------------|--------------------|--------------|------------------------------------------|
    | `family`      | **str**            | `"put_away"` | A family, or `"random"`                  |
    | `level`       | **int or None**    | `1`          | 1 to 3; drawn if None                    |
    | `task_seed`   | **int or None**    | `None`       | Which task of the family; drawn if None  |
    | `control`     | **str**            | `"ee_delta"` | `"ee_delta"` or `"joint_delta"`          |
    | `clock`       | **str**            | `"paused"`   | What the learner's thinking costs        |
    | `latency`     | **float**          | `0.05`       | Seconds a step of the simulated clock    |
    | `instruction` | **str**            | `"text"`     | `"text"` or `"codes"`                    |
    | `render_mode` | **str or None**    | `None`       | `"rgb_array"`, `"human"`: both cameras   |

    With `clock="simulated"` the world goes on for `ceil(latency * 200)` ticks before each action,
    with `clock="wall"` for as long as the learner really took (at most 10 s); the arm holds still.

    ## Version History

    * v0: Initial version.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 20}  # noqa: RUF012

    def __init__(
        self,
        *,
        family: str = "put_away",
        level: int | None = 1,
        task_seed: int | None = None,
        control: Control = "ee_delta",
        clock: ClockMode = "paused",
        latency: float = 0.05,
        instruction: str = "text",
        render_mode: str | None = None,
    ) -> None:
        """Sets the environment up; the arguments are those of the class docstring.

        Raises:
            ConfigError: If an argument is out of its range or names something unknown.
        """
        _require("family", family, (*FAMILIES, "random"))
        _require("control", control, CONTROLS)
        _require("clock", clock, _CLOCKS)
        _require("instruction space", instruction, ("text", "codes"))
        if render_mode is not None:
            _require("render mode", render_mode, self.metadata["render_modes"])
        if level is not None and level not in LEVELS:
            raise ConfigError(f"level is {level}; expected 1, 2, 3 or None")
        self.render_mode = render_mode
        self._screen = Screen("Tabletop", self.metadata["render_fps"])
        self._family, self._level, self._task_seed = family, level, task_seed
        self._control: Control = control
        self._clock = Clock(clock, latency=latency)
        self._as_text = instruction == "text"
        self._body: TabletopBody | None = None
        self._acted = 0.0
        self._speaks = family in ("count", "random")
        size = (5 if control == "ee_delta" else 8) + self._speaks
        self.action_space = spaces.Box(-1.0, 1.0, (size,), np.float32)
        self.observation_space = _observation_space(self._as_text)

    @property
    def episode(self) -> TaskEpisode:
        """The task of this episode, for evaluation.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        self._running()
        return self._episode

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observed, dict[str, Any]]:
        """Draws a task, plays what happened before it, and returns the first observation.

        Args:
            seed: Seed of the environment's source of chance, as in Gymnasium.
            options: See the class docstring.

        Raises:
            ConfigError: If `options` holds something else.
        """
        super().reset(seed=seed)
        options = options or {}
        for name in options:
            _require("reset option", name, _OPTIONS)
        self._episode = self._draw(options)
        self._end()
        body = TabletopBody(
            starting_layout(self._episode, default_cell()),
            seed=int(self.np_random.integers(1 << 31)),
        )
        body.connect()
        self._body = body
        history = self._play(body, pictures=bool(options.get("history", True)))
        self._steering = Steering(body.description, body.sense(), self._control)
        self._start = self._truth(body)
        self._outcome = self._episode.succeeded(self._start, None, self._start)
        self._acted = time.monotonic()
        self._show()
        return self._observation(body), {**self._info({}), "history": history}

    def step(self, action: AnyArray) -> tuple[Observed, float, bool, bool, dict[str, Any]]:
        """Carries out one action; see the class docstring for all returned values.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
            gymnasium.error.InvalidAction: If the action is not in the action space.
        """
        body = self._running()
        if not self.action_space.contains(action):
            raise gym.error.InvalidAction(f"{action!r} is not in {self.action_space}")
        for _ in range(self._thinking_ticks()):
            body.act(Command())
        for command in self._steering.commands(action):
            body.act(command)
        self._acted = time.monotonic()
        answer = self._said(action)
        outcome = self._episode.succeeded(self._truth(body), answer, self._start)
        terms = self._reward_terms(outcome)
        self._outcome = outcome
        ended = outcome.success or answer is not None
        self._show()
        return self._observation(body), sum(terms.values()), ended, False, self._info(terms)

    def render(self) -> UInt8Array | None:
        """Returns the pictures of both cameras side by side.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        return shown(self.render_mode, self._screen, self._picture)

    def close(self) -> None:
        """Ends the simulation and closes the window, if there is one."""
        self._screen.close()
        self._end()

    # -- inside --------------------------------------------------------------------------------

    def _show(self) -> None:
        if self.render_mode == "human":
            self.render()

    def _picture(self) -> UInt8Array:
        body = self._running()
        front, wrist = body.observe(FRONT.name).rgb, body.observe(WRIST.name).rgb
        twice = np.repeat(np.repeat(wrist, 2, axis=0), 2, axis=1)
        return np.hstack([front, twice])

    def _end(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def _running(self) -> TabletopBody:
        if self._body is None:
            raise gym.error.ResetNeeded("there is no table yet; call reset() first")
        return self._body

    def _draw(self, options: dict[str, Any]) -> TaskEpisode:
        """Draws what neither the arguments nor the options choose."""
        families = list(FAMILIES)
        drawn = families[int(self.np_random.integers(len(families)))]
        level = LEVELS[int(self.np_random.integers(len(LEVELS)))]
        task_seed = int(self.np_random.integers(1 << 31))
        family = options.get("family", drawn if self._family == "random" else self._family)
        if family == "count" and not self._speaks:
            raise ConfigError('to be asked to count, make the environment with family="count"')
        return make_episode(
            family,
            options.get("level", level if self._level is None else self._level),
            int(
                options.get("task_seed", task_seed if self._task_seed is None else self._task_seed)
            ),
            repeat=bool(options.get("repeat", False)),
        )

    def _play(self, body: TabletopBody, *, pictures: bool) -> tuple[dict[str, Any], ...]:
        """Plays the history and returns what was seen of it."""
        looks: list[dict[str, Any]] = []
        visit = 0

        def watch() -> None:
            if pictures:
                seen = body.observe(FRONT.name)
                looks.append(
                    {
                        "visit": visit,
                        "tick": body.tick,
                        "front_rgb": seen.rgb,
                        "front_depth": _flat(seen),
                    }
                )

        def new_session() -> None:
            nonlocal visit
            visit += 1

        play_history(self._episode, body, watch=watch, new_session=new_session)
        return tuple(looks)

    def _thinking_ticks(self) -> int:
        """Ticks that go by while the learner thinks."""
        if self._clock.mode == "simulated":
            return self._clock.ticks(self._clock.latency or 0.0)
        if self._clock.mode == "wall":
            return min(_MOST_WALL_TICKS, self._clock.ticks(time.monotonic() - self._acted))
        return 0

    def _said(self, action: AnyArray) -> str | None:
        if self._episode.answer is None or float(action[-1]) < 0.0:
            return None
        return str(round(MOST_COUNTED * float(action[-1])))

    def _reward_terms(self, outcome: Outcome) -> dict[str, float]:
        return {
            "progress": outcome.progress - self._outcome.progress,
            "success": float(outcome.success),
            "time": -TIME_COST,
        }

    def _truth(self, body: TabletopBody) -> TableTruth:
        return table_truth(body.truth(), body.cell)

    def _observation(self, body: TabletopBody) -> Observed:
        front, wrist, state = body.observe(FRONT.name), body.observe(WRIST.name), body.sense()
        felt = [state.opening, min(state.grip, 100.0), min(state.contact, 100.0)]
        own = np.array([*state.joints, *felt, *self._steering.tool(state)], np.float32)
        low, high = _limits()
        return {
            "front_rgb": front.rgb,
            "front_depth": _flat(front),
            "wrist_rgb": wrist.rgb,
            "wrist_depth": _flat(wrist),
            "proprioception": np.clip(own, low, high),
            "instruction": self._sentence(),
        }

    def _sentence(self) -> str | UInt8Array:
        text = self._episode.instruction
        if self._as_text:
            return text
        codes = np.zeros(SENTENCE, np.uint8)
        codes[: len(text)] = np.frombuffer(text.encode("ascii"), np.uint8)
        return codes

    def _info(self, terms: dict[str, float]) -> dict[str, Any]:
        return {
            "family": self._episode.family,
            "level": self._episode.level,
            "task_seed": self._episode.seed,
            "progress": self._outcome.progress,
            "success": self._outcome.success,
            "missing": self._outcome.why,
            "reward_terms": terms,
            "unreachable": self._steering.unreachable,
        }


def _require(what: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise unknown_name(what, name, known)


def _flat(seen: Observation) -> AnyArray:
    depth = np.where(seen.depth <= MAX_DEPTH, seen.depth, np.float32(0.0))
    return np.maximum(depth, np.float32(0.0)).reshape(-1)


def _limits() -> tuple[AnyArray, AnyArray]:
    """Lowest and highest proprioception."""
    high = [np.pi + 1.0] * 7 + [0.1, 100.0, 100.0] + [_PLACE_LIMIT] * 3 + [1.0, 1.0]
    low = [-np.pi - 1.0] * 7 + [0.0, 0.0, 0.0] + [-_PLACE_LIMIT] * 3 + [-1.0, -1.0]
    return np.array(low, np.float32), np.array(high, np.float32)


def _observation_space(as_text: bool) -> spaces.Dict:
    def depth(camera: Any) -> spaces.Box:
        return spaces.Box(0.0, MAX_DEPTH, (camera.width * camera.height,), np.float32)

    def rgb(camera: Any) -> spaces.Box:
        return spaces.Box(0, 255, (camera.height, camera.width, 3), np.uint8)

    low, high = _limits()
    return spaces.Dict(
        {
            "front_rgb": rgb(FRONT),
            "front_depth": depth(FRONT),
            "wrist_rgb": rgb(WRIST),
            "wrist_depth": depth(WRIST),
            "proprioception": spaces.Box(low, high, dtype=np.float32),
            "instruction": spaces.Text(SENTENCE, charset=LETTERS)
            if as_text
            else spaces.Box(0, 255, (SENTENCE,), np.uint8),
        }
    )
