"""`EmbodiedMem/RoomBallet-v0`: remember who danced how, when not all dances fit into memory."""

from pathlib import Path
from typing import Any, Final

import gymnasium as gym

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.types import UInt8Array
from embodied_mem_envs.room_ballet.multi_task import FULL, TASKS, make_game
from embodied_mem_envs.room_ballet.reading import Answerer, load_answerer
from embodied_mem_envs.room_ballet.short_stay import WALK, Stay
from embodied_mem_envs.room_ballet.stage import Looks, Observed, Stage
from embodied_mem_envs.room_ballet.stage_multi_task import MultiTaskStage
from embodied_mem_envs.room_ballet.stage_short_stay import ShortStayStage
from embodied_mem_envs.screen import RENDER_MODES, Screen, shown

GAMES: Final = ("multi_task", "short_stay")
OBSERVATIONS: Final = ("squares", "pixels")
DRAWN: Final = "drawn"


class RoomBalletEnv(gym.Env[Observed, Any]):
    """Decide which dances stay in memory, or remember a walk, and be asked how someone danced.

    ## Description

    Room Ballet of the Spatially-Aware Transformer (Cho et al., ICLR 2024). Dancers, each of a
    colour and a shape of its own, dance in rooms of 3 x 3 squares; each knows one of eight dances
    of 16 steps, which all end in the centre of the room. In the end a dancer's picture is shown:
    what did it dance?

    **Multi-Task** (`game="multi_task"`): 18 dancers dance one after the other in 8 rooms, which are
    visited 8, 3, 2, 1, 1, 1, 1 and 1 times. The memory holds 9 dances. The first 9 are in it from
    the start; each dance after that is a candidate, and the action says which slot it takes the
    place of. Dance v takes the ticks 32 v to 32 v + 31: the dancer stands still for 16 ticks, then
    dances. Who is asked for depends on the task, and whether it can be told who it will be on
    whether the task is:

    | Task   | Asks for                                                             |
    |--------|----------------------------------------------------------------------|
    | `fifo` | One of the last 9 dances                                             |
    | `lifo` | One of the first 9                                                   |
    | `lvfo` | One of the dances in the room that is visited most                   |
    | `mvfo` | The last dance of one of the rooms                                   |

    Told the task, the rule of its name keeps what is asked for in every episode. Not told, no
    policy keeps more than 0.5625 of it in the mean, and the rule LVFO has .562 already:
    `docs/room_ballet.md`.

    **Short-Stay** (`game="short_stay"`): a dancer in each of 16 rooms that form a grid, and all
    dance at once, over and over, by one clock of 32 ticks. The agent is walked through the rooms at
    random for 1280 ticks, a room a tick; nothing is to be decided until it is asked. It tests what
    an agent, or its memory (`embodied_mem_envs.wrappers.Memory`), can put together of short stays.

    ## Action Space

    Multi-Task: `Discrete(capacity + 1)`, the slot that the new dance is written over, or, with
    `capacity`, none: the dance is refused.

    Short-Stay: `Discrete(8)`, the answer; without effect before it is asked for.

    | Num | Dance                       | Num | Dance                  |
    |-----|-----------------------------|-----|------------------------|
    | 0   | Circle, clockwise           | 4   | Diagonal from northwest|
    | 1   | Circle, counterclockwise    | 5   | Diagonal from northeast|
    | 2   | Up and down                 | 6   | Plus, clockwise        |
    | 3   | Left and right              | 7   | Plus, counterclockwise |

    ## Observation Space

    A `Dict`. A frame is (25,) numbers of squares, row by row, uint16 (0 floor, 1 wall,
    2 + 15 colour + shape a dancer), or, with `observation="pixels"`, (45, 45, 3) uint8.
    Multi-Task, with K slots and R rooms:

    | Key            | Space                   | Meaning                                           |
    |----------------|-------------------------|---------------------------------------------------|
    | `dance`        | `Box` (16, frame)       | The new dance; in the end who is asked for, still |
    | `place`        | `Discrete(R)`           | Its room; 0 in the end                            |
    | `time`         | `Box` (1,) float32      | The tick at which it starts                       |
    | `memory_dance` | `Box` (K, 16, frame)    | What the slots hold; all of them hold something   |
    | `memory_place` | `MultiDiscrete([R] * K)` | Where that was                                   |
    | `memory_time`  | `Box` (K,) float32      | The tick at which it started                      |
    | `task`         | `MultiBinary(4)`        | One-hot in the order above, if `task_label`       |

    The numbers of rooms are drawn anew in each episode. Every action is valid at any time.

    Short-Stay:

    | Key       | Space              | Meaning                                                     |
    |-----------|--------------------|-------------------------------------------------------------|
    | `picture` | `Box` (frame)      | The room; when asked, the dancer in the centre of its room  |
    | `place`   | `Discrete(R)`      | Which room, row by row; 0 when asked                        |
    | `time`    | `Box` (1,) float32 | Ticks so far                                                |
    | `asked`   | `Discrete(2)`      | 1 where the action is the answer                            |

    ## Rewards

    Multi-Task: in the end 1 if the target is in memory, else 0. With a `reader`, 1 if that answers
    right from the memory. Short-Stay: 1 for the right answer, else 0.

    ## Starting State

    Dancers, rooms, order, task and target are drawn. `reset(options={"task": "lvfo"})` chooses the
    task, and `reset(options={"room": 3})` in Short-Stay the room that is asked for.

    ## Episode End

    Termination: in Multi-Task when the last dance has been decided, after `dances - capacity`
    steps; in Short-Stay with the answer, after 1281 steps. `info` then holds `is_success` and
    `motion`, the right answer; in Multi-Task also `task`, `target` (number of the dance), `kept`,
    and, with a reader, `answer`; in Short-Stay `room`.

    ## Arguments

    ```python
    >>> import gymnasium as gym
    >>> env = gym.make("embodied_mem_envs:EmbodiedMem/RoomBallet-v0", task="lifo")
    >>> observation, info = env.reset(seed=1)
    >>> observation["dance"].shape, observation["memory_place"].shape
    ((16, 25), (9,))
    >>> for _ in range(9):  # refuse all that comes: the first ones stay
    ...     observation, reward, terminated, truncated, info = env.step(9)
    >>> reward, terminated, info["kept"]
    (1.0, True, True)

    ```

    | Parameter     | Type              | Default        | Description                             |
    |---------------|-------------------|----------------|-----------------------------------------|
    | `game`        | **str**           | `"multi_task"` | Or `"short_stay"`                       |
    | `dances`      | **int**           | `18`           | Dances of an episode (Multi-Task)       |
    | `capacity`    | **int or None**   | `None`         | Dances that fit; half of them if None   |
    | `rooms`       | **int or None**   | `None`         | 8; Short-Stay: a square number, 16      |
    | `task`        | **str**           | `"drawn"`      | One of the four tasks, or drawn         |
    | `task_label`  | **bool**          | `True`         | Whether the task is observed            |
    | `reader`      | **str, callable** | `None`         | A trained reader whose answer counts: a |
    |               |                   |                | path, or a `reading.Answerer`           |
    | `steps`       | **int**           | `1280`         | Of the walk (Short-Stay)                |
    | `observation` | **str**           | `"squares"`    | Or `"pixels"`                           |
    | `render_mode` | **str or None**   | `None`         | `"rgb_array"`, `"human"`                |

    ## Version History

    * v0: Initial version.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 8}  # noqa: RUF012

    def __init__(
        self,
        *,
        game: str = "multi_task",
        dances: int = 18,
        capacity: int | None = None,
        rooms: int | None = None,
        task: str = DRAWN,
        task_label: bool = True,
        reader: str | Path | Answerer | None = None,
        steps: int = WALK,
        observation: str = "squares",
        render_mode: str | None = None,
    ) -> None:
        """Sets the environment up; the arguments are those of the class docstring.

        Raises:
            ConfigError: If an argument is out of its range, names something unknown, or the reader
                cannot be read.
        """
        for what, name, known in (
            ("game", game, GAMES),
            ("task", task, (DRAWN, *TASKS)),
            ("observation", observation, OBSERVATIONS),
            ("render mode", render_mode, (None, *self.metadata["render_modes"])),
        ):
            if name not in known:
                raise unknown_name(what, str(name), [each for each in known if each])
        self.render_mode = render_mode
        self._screen = Screen("Room Ballet", self.metadata["render_fps"])
        looks = Looks(observation == "pixels")
        self._stage: Stage
        if game == "multi_task":
            _leave_out(game, steps=steps != WALK)
            rooms = 8 if rooms is None else rooms
            self._stage = MultiTaskStage(
                make_game(dances=dances, rooms=rooms, capacity=capacity),
                task=None if task == DRAWN else task,
                task_label=task_label,
                looks=looks,
                answerer=load_answerer(reader) if isinstance(reader, str | Path) else reader,
            )
        else:
            _leave_out(
                game,
                dances=dances != FULL.dances,
                capacity=capacity is not None,
                task=task != DRAWN,
                task_label=not task_label,
                reader=reader is not None,
            )
            stay = Stay(rooms=16 if rooms is None else rooms, steps=steps)
            self._stage = ShortStayStage(stay, looks=looks)
        self.observation_space = self._stage.observation_space
        self.action_space = self._stage.action_space
        self._started = self._over = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observed, dict[str, Any]]:
        """Starts an episode.

        Args:
            seed: Seed of the environment's source of chance, as in Gymnasium.
            options: `task` in Multi-Task, `room` in Short-Stay.

        Raises:
            ConfigError: If `options` holds something else.
        """
        super().reset(seed=seed)
        options = options or {}
        for name in options:
            if name not in self._stage.options:
                raise unknown_name("reset option", name, self._stage.options)
        observation = self._stage.begin(self.np_random, options)
        self._started, self._over = True, False
        self._show()
        return observation, {}

    def step(self, action: Any) -> tuple[Observed, float, bool, bool, dict[str, Any]]:
        """Decides about the new dance; in Short-Stay, watches or answers.

        Raises:
            gymnasium.error.ResetNeeded: If there is no episode.
            gymnasium.error.InvalidAction: If the action is not in the action space.
        """
        if not self._started or self._over:
            raise gym.error.ResetNeeded("nobody dances; call reset() first")
        if not self.action_space.contains(action):
            raise gym.error.InvalidAction(f"{action!r} is not in {self.action_space}")
        observation, reward, self._over, info = self._stage.step(int(action))
        self._show()
        return observation, reward, self._over, False, info

    def render(self) -> UInt8Array | None:
        """Returns the picture of the game; see `docs/room_ballet.md`.

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
        if not self._started:
            raise gym.error.ResetNeeded("nobody dances; call reset() first")
        return self._stage.picture()


def _leave_out(game: str, **given: bool) -> None:
    """Refuses what was given and is not of the game."""
    names = [name for name, is_given in given.items() if is_given]
    if names:
        raise ConfigError(f'game="{game}" has no {", ".join(names)}; leave out what is not its own')
