"""`EmbodiedMem/QuestionAnswering-v0`: look for the answer to a question in an unknown house."""

from collections.abc import Mapping
from typing import Any

from embodied_mem.brain.control.clock import ClockMode
from embodied_mem_envs.tasks.house_world import HouseWorld
from embodied_mem_envs.tasks.levels.asked import AskedConfig
from embodied_mem_envs.tasks.levels.env import LevelName
from embodied_mem_envs.tasks.levels.house_env import HouseTaskEnv
from embodied_mem_envs.tasks.question_answering.config import Mode, QuestionAnsweringConfig
from embodied_mem_envs.tasks.question_answering.episode import QuestionAnswering, make


class QuestionAnsweringEnv(HouseTaskEnv):
    """Answer a question about a house: after exploring it, or from a walk that was shown.

    ## Description

    In mode `active` a wheeled robot with one RGB-D camera wakes up in a house that it has never
    seen and is asked a question at once: where something is, in which room, how many there are,
    what colour it is, whether there is one, what is near it, which is the biggest or the nearest.
    About a quarter of the questions is about things that are not there. It explores as long as it
    likes and then answers. In mode `episodic` it is shown a walk through all rooms instead, picture
    by picture, and then answers six questions from memory.

    Every question has one right answer by the ground truth of the house, and is put in one of many
    ways. Nothing in an observation tells what was seen before: whoever wants to do better than a
    guess has to remember.

    ## Action Space

    With `level="low"` a `Discrete(6 + options)`, one step of a second each:

    | Num | Action                             |
    |-----|------------------------------------|
    | 0   | Drive 0.25 m forward               |
    | 1   | Turn left by 30 degrees            |
    | 2   | Turn right by 30 degrees           |
    | 3   | Tilt the camera up by 15 degrees   |
    | 4   | Tilt the camera down by 15 degrees |
    | 5   | Submit: give up without an answer  |
    | 6.. | Answer with option 0, 1, ...       |

    While a walk is shown, every action only brings the next picture. Whoever moves where no tick is
    left gives up.

    With `continuous=True` a `Box(-1, 1, (4,), float32)`, held for a quarter of a second:

    | Num | Action       | Min (-1)    | Max (1)    |
    |-----|--------------|-------------|------------|
    | 0   | Speed        | -0.5 m/s    | 0.5 m/s    |
    | 1   | Yaw rate     | -pi rad/s   | pi rad/s, to the left |
    | 2   | Tilt rate    | -pi/4 rad/s | pi/4 rad/s, upward |
    | 3   | Reply        | below 0 none | from 0 to 1 in equal parts: submit, option 0, 1, ... |

    With `level="memory"` a `Discrete(12 + 6 + options + 1)`, as 3D-Mem decides. The product's own
    memory takes in all that is seen, and walks:

    | Num    | Action                                                                       |
    |--------|------------------------------------------------------------------------------|
    | 0-11   | Answer from that picture of the memory                                       |
    | 12-17  | Walk to that frontier of the known floor, or take stairs; then choose anew   |
    | 18..   | Answer with option 0, 1, ...                                                 |
    | last   | Give up                                                                      |

    Which actions make sense is in `observation["action_mask"]`, `info["action_mask"]` and
    `action_masks()`, where sb3-contrib's `MaskablePPO` looks for it.

    ## Observation Space

    A `Dict`. At both levels:

    | Key           | Shape        | Type    | Min | Max | Meaning                             |
    |---------------|--------------|---------|-----|-----|-------------------------------------|
    | `ask`         | (160,)       | uint8   | 0   | 255 | The question in UTF-8; zeros: none  |
    | `ask_image`   | (64, 64, 3)  | uint8   | 0   | 255 | Picture of what is meant; not here  |
    | `form`        | (3,)         | float32 | 0   | 1   | One-hot: words, stop, places        |
    | `heard`       | (160,)       | uint8   | 0   | 255 | What was said last; not here        |
    | `options`     | (options * 80,) | uint8 | 0  | 255 | The options, 80 bytes each  |
    | `remaining`   | (1,)         | float32 | 0   | 1   | Share of the ticks that is left     |
    | `visit`       | (1,)         | float32 | 0   | 100 | Number of the visit; 0 here         |
    | `action_mask` | (actions,)   | int8    | 0   | 1   | Which actions make sense            |

    At level `low` also, H and W being height and width of the image:

    | Key        | Shape     | Type    | Min  | Max    | Meaning                               |
    |------------|-----------|---------|------|--------|---------------------------------------|
    | `rgb`      | (H, W, 3) | uint8   | 0    | 255    | Colour image                          |
    | `depth`    | (H * W,)  | float32 | 0    | 10     | z-depth, metres; 0 is none            |
    | `instance` | (H * W,)  | int32   | 0    | 2^31-1 | Instance ids; 0 is the structure      |
    | `pose`     | (6,)      | float32 | -100 | 100    | x, y, z, cos yaw, sin yaw, tilt       |
    | `collided` | (1,)      | float32 | 0    | 1      | 1 if the last action touched a thing  |

    At level `memory` also:

    | Key                 | Shape        | Type    | Min | Max | Meaning                          |
    |---------------------|--------------|---------|-----|-----|----------------------------------|
    | `pictures`          | (576, 48, 3) | uint8   | 0   | 255 | 12 thumbnails of 48 x 48, down   |
    | `picture_features`  | (84,)        | float32 | -1  | 1e6 | 7 numbers for each, see below    |
    | `picture_words`     | (1152,)      | uint8   | 0   | 255 | 96 bytes for each: its categories |
    | `frontiers`         | (288, 48, 3) | uint8   | 0   | 255 | 6 views towards frontiers        |
    | `frontier_features` | (36,)        | float32 | -1  | 100 | 6 numbers for each, see below    |

    Of a picture: whether it is held; metres to what it shows, cosine and sine of its bearing; its
    age in ticks; its relevance from 0 to 1; how many things it shows. Of a frontier or of stairs:
    whether it is there; metres on foot, cosine and sine of its bearing; square metres expected
    behind it (10 for stairs); whether its view is held.

    The pose is given in the frame of the first one. Pictures come in the order of their relevance
    to the question by the product's retriever, frontiers nearest first. Images are flat but for
    those of colour, because that is how Stable-Baselines3 tells images from vectors;
    `observation["depth"].reshape(H, W)` is the image. Options are filled up with zeros.

    ## Rewards

    The gain in `info["progress"]`, which is the share of the questions that was answered right: 1
    for the right answer in mode `active`, 1/6 for each in mode `episodic`, 0 for everything else.

    ## Starting State

    The robot stands somewhere in the house, 3 to 8 rooms drawn from the seed, where the answer does
    not show at once. The camera is tilted down by 0.26 rad. `reset(options={"episode_seed": n})`
    chooses the episode.

    ## Episode End

    1. Termination: all questions were answered or given up. 100 ticks a room, 300 at least, are
       given to a question.
    2. Truncation: none.

    `info` holds `task`, `episode_seed`, `progress`, `kind` and `text` of the open ask, `replies`
    (how many were given), `action_mask`; and of a reply that was given in this step `right` (None
    without one), `reason` and `values` (the metrics of `evaluation.metrics`).

    ## Arguments

    ```python
    >>> import gymnasium as gym
    >>> name = "embodied_mem_envs:EmbodiedMem/QuestionAnswering-v0"
    >>> env = gym.make(name, rooms=3, width=64, height=64)
    >>> observation, info = env.reset(seed=7)
    >>> info["text"]
    'Where is the fruit basket?'
    >>> env.close()

    ```

    | Parameter         | Type            | Default    | Description                              |
    |-------------------|-----------------|------------|------------------------------------------|
    | `level`           | **str**         | `"low"`    | `"low"` or `"memory"`                    |
    | `mode`            | **str**         | `"active"` | `"active"` or `"episodic"`               |
    | `simulator`       | **str**         | `"house"`  | Which simulator; see `simulators`        |
    | `simulator_options` | **dict or None** | `None`  | Options of the simulator's own           |
    | `width`, `height` | **int**         | `128`      | Size of the image, pixels                |
    | `hfov`            | **float**       | `pi / 2`   | Horizontal field of view, rad            |
    | `rooms`           | **int or None** | `None`     | Rooms of every house; drawn if None      |
    | `floors`          | **int**         | `1`        | Floors of every house, 1 or 2            |
    | `noise`           | **bool**        | `False`    | Depth noise, drop-outs, pose drift       |
    | `questions`       | **int or None** | `None`     | Questions an episode                     |
    | `options`         | **int**         | `4`        | Answers to choose from                   |
    | `continuous`      | **bool**        | `False`    | Continuous actions, at level `low`       |
    | `clock`           | **str**         | `"paused"` | What the learner's thinking costs        |
    | `latency`         | **float**       | `1.0`      | Seconds an action of the simulated clock |
    | `render_mode`     | **str or None** | `None`     | `"rgb_array"` or `"human"`               |

    With `clock="simulated"` the robot stands for as many ticks as `latency` is long before each
    action, with `clock="wall"` for as long as the learner really took: thinking takes from the time
    that a question has.

    ## Version History

    * v0: Initial version.
    """

    def __init__(
        self,
        *,
        level: LevelName = "low",
        mode: Mode = "active",
        simulator: str = "house",
        simulator_options: Mapping[str, Any] | None = None,
        width: int = 128,
        height: int = 128,
        hfov: float = 1.5707963267948966,
        rooms: int | None = None,
        floors: int = 1,
        noise: bool = False,
        questions: int | None = None,
        options: int = 4,
        continuous: bool = False,
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
            simulator=simulator,
            simulator_options=simulator_options,
            width=width,
            height=height,
            hfov=hfov,
            rooms=rooms,
            floors=floors,
            noise=noise,
            continuous=continuous,
            clock=clock,
            latency=latency,
            asked=AskedConfig(options=options),
            render_mode=render_mode,
        )
        self._config = QuestionAnsweringConfig(
            mode=mode, questions=questions, options=options, world=self.world_config
        )

    @property
    def world(self) -> HouseWorld:
        """The house of this episode, for evaluation and drawing."""
        episode = self.episode
        assert isinstance(episode, QuestionAnswering)
        return episode.world

    def make_episode(self, seed: int) -> QuestionAnswering:
        """Makes the episode of a seed."""
        return make(seed, self._config)
