"""`EmbodiedMem/Recall-v0`: see a robot carry things about for days, then be asked about it."""

from embodied_mem.brain.control.clock import ClockMode
from embodied_mem_envs.tasks.levels.asked import AskedConfig
from embodied_mem_envs.tasks.levels.env import EpisodeEnv, LevelName
from embodied_mem_envs.tasks.recall.config import RecallConfig
from embodied_mem_envs.tasks.recall.episode import RecallEpisode


class RecallEnv(EpisodeEnv):
    """See a robot carry things about a house on several visits, then go where it is asked to.

    ## Description

    First a history is shown, picture by picture: a wheeled robot looks into all rooms of a house,
    takes things, carries them elsewhere and sets them down, on two or three visits, between which
    others move things as well. What the robot holds is gone from the house until it is set down.
    Then come the asks, after FindingDory (Yadav et al. 2025): about the order of what was done
    ("the thing that you carried right after the mug"), about where it was done ("the thing that
    you put on the sofa"), about what things are ("something to sit on"), and how many there were.
    Some want an option, others want the robot to drive to a place. There is one right answer to
    each by the log of what truly happened.

    ## Action Space

    With `level="low"` a `Discrete(6 + options)`, one step of a second each:

    | Num | Action                             |
    |-----|------------------------------------|
    | 0   | Drive 0.25 m forward               |
    | 1   | Turn left by 30 degrees            |
    | 2   | Turn right by 30 degrees           |
    | 3   | Tilt the camera up by 15 degrees   |
    | 4   | Tilt the camera down by 15 degrees |
    | 5   | Submit: stop here, or give up      |
    | 6.. | Answer with option 0, 1, ...       |

    While the history is shown, every action only brings the next picture. Whoever moves where no
    tick is left gives up.

    With `level="memory"` a `Discrete(12 + 6 + options + 1)`: go to what one of 12 pictures of the
    product's memory shows, walk to one of 6 frontiers, answer with an option, or give up.

    Which actions make sense is in `observation["action_mask"]`, `info["action_mask"]` and
    `action_masks()`, where sb3-contrib's `MaskablePPO` looks for it.

    ## Observation Space

    That of `EmbodiedMem/QuestionAnswering-v0` at both levels: `rgb`, `depth`, `instance`, `pose`
    and `collided` at level `low`, `pictures`, `picture_features`, `picture_words`, `frontiers` and
    `frontier_features` at level `memory`; `ask`, `form`, `options`, `remaining`, `visit` and
    `action_mask` at both. `visit` tells during the history that another visit began: instance ids
    mean nothing across visits. What the hand holds is not in the arrays: it is what vanished from
    before the camera.

    ## Rewards

    The gain in `info["progress"]`: one over the number of asks for each that is answered right, 0
    for everything else. A stop is right within 1 m, over the floor, of the box of the thing or of
    where it was; in a room, where a room is meant.

    ## Starting State

    The house has 3 to 6 rooms, drawn from the seed. The camera is tilted down by 0.26 rad.
    `reset(options={"episode_seed": n})` chooses the episode.

    ## Episode End

    1. Termination: all asks were answered or given up. An ask for a place has 300 ticks.
    2. Truncation: none.

    `info` holds what that of `EmbodiedMem/QuestionAnswering-v0` holds.

    ## Arguments

    ```python
    >>> import gymnasium as gym
    >>> name = "embodied_mem_envs:EmbodiedMem/Recall-v0"
    >>> env = gym.make(name, rooms=3, visits=2, carries=2, asks=4, width=64, height=48)
    >>> observation, info = env.reset(seed=7)
    >>> observation["rgb"].shape, info["text"]
    ((48, 64, 3), '')
    >>> env.close()

    ```

    | Parameter         | Type            | Default    | Description                              |
    |-------------------|-----------------|------------|------------------------------------------|
    | `level`           | **str**         | `"low"`    | `"low"` or `"memory"`                    |
    | `width`, `height` | **int**         | `128`      | Size of the image, pixels                |
    | `hfov`            | **float**       | `pi / 2`   | Horizontal field of view, rad            |
    | `rooms`           | **int or None** | `None`     | Rooms of every house; drawn if None      |
    | `visits`          | **int or None** | `None`     | Visits; 2 or 3, drawn if None            |
    | `carries`         | **int**         | `4`        | Things carried on each visit             |
    | `moves`           | **int**         | `2`        | Things others move between two visits    |
    | `asks`            | **int**         | `20`       | Asks after the history                   |
    | `options`         | **int**         | `4`        | Answers to choose from                   |
    | `clock`           | **str**         | `"paused"` | What the learner's thinking costs        |
    | `latency`         | **float**       | `1.0`      | Seconds an action of the simulated clock |
    | `render_mode`     | **str or None** | `None`     | `"rgb_array"` or `"human"`               |

    **Note:** evaluations (`embodied-mem eval recall`) also ask for several places in order, which
    a policy with these actions cannot point at.

    ## Version History

    * v0: Initial version.
    """

    def __init__(
        self,
        *,
        level: LevelName = "low",
        width: int = 128,
        height: int = 128,
        hfov: float = 1.5707963267948966,
        rooms: int | None = None,
        visits: int | None = None,
        carries: int = 4,
        moves: int = 2,
        asks: int = 20,
        options: int = 4,
        clock: ClockMode = "paused",
        latency: float = 1.0,
        render_mode: str | None = None,
    ) -> None:
        """Sets the environment up; the arguments are those of the class docstring.

        Raises:
            ConfigError: If an argument is out of its range or names something unknown.
        """
        super().__init__(
            level=level,
            width=width,
            height=height,
            hfov=hfov,
            clock=clock,
            latency=latency,
            asked=AskedConfig(options=options),
            render_mode=render_mode,
        )
        self._config = RecallConfig(
            rooms=rooms,
            visits=visits,
            carries=carries,
            moves=moves,
            asks=asks,
            walked=None,
            camera=self.camera,
        )

    def make_episode(self, seed: int) -> RecallEpisode:
        """Makes the episode of a seed."""
        return RecallEpisode(seed, self._config)
