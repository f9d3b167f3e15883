"""`EmbodiedMem/MixedSession-v0`: listen to three people, and tell each only what is theirs."""

from embodied_mem.brain.control.clock import ClockMode
from embodied_mem_envs.tasks.levels.asked import AskedConfig
from embodied_mem_envs.tasks.levels.env import EpisodeEnv
from embodied_mem_envs.tasks.mixed_session.config import MixedSessionConfig
from embodied_mem_envs.tasks.mixed_session.episode import MixedSessionEpisode


class MixedSessionEnv(EpisodeEnv):
    """Listen to three people in six sessions, then answer each of them, and keep their secrets.

    ## Description

    A robot lives in a house with three partners, drawn from the seed. On six days it looks around
    one room, and then one of them talks with it: what they like best, facts about themselves and
    about each other, things that it is to keep or to fetch ("keep my keys from Ana's room"), and
    some of it in private ("keep this between us"). Later some of that changes. From the second
    session on it is asked: what the asker told, what another told, what holds now and what held
    before, who said something and when, what it saw; and again and again for what another told in
    private, directly, in a roundabout way, by asking for everything, or in another's name. Who
    really asks stands before the ask. The setting is after MiSC (Jang et al. 2024).

    ## Action Space

    `Discrete(6 + options)`:

    | Num | Action                                                     |
    |-----|------------------------------------------------------------|
    | 0-4 | Nothing; in other tasks these move the robot               |
    | 5   | Give up without an answer                                  |
    | 6.. | Answer with option 0, 1, ...                               |

    While nothing is asked, every action only brings what happens next.

    ## Observation Space

    A `Dict`; H and W are height and width of the image:

    | Key           | Shape           | Type    | Min  | Max    | Meaning                          |
    |---------------|-----------------|---------|------|--------|----------------------------------|
    | `rgb`         | (H, W, 3)       | uint8   | 0    | 255    | Colour image                     |
    | `depth`       | (H * W,)        | float32 | 0    | 10     | z-depth, metres; 0 is none       |
    | `instance`    | (H * W,)        | int32   | 0    | 2^31-1 | Instance ids                     |
    | `pose`        | (6,)            | float32 | -100 | 100    | x, y, z, cos yaw, sin yaw, tilt  |
    | `collided`    | (1,)            | float32 | 0    | 1      | Always 0 here                    |
    | `heard`       | (160,)          | uint8   | 0    | 255    | Who spoke last, and what         |
    | `ask`         | (160,)          | uint8   | 0    | 255    | The ask in UTF-8; zeros: none    |
    | `ask_image`   | (64, 64, 3)     | uint8   | 0    | 255    | Not used here                    |
    | `form`        | (3,)            | float32 | 0    | 1      | One-hot: words, stop, places     |
    | `options`     | (options * 160,) | uint8  | 0    | 255    | The options, 160 bytes each      |
    | `remaining`   | (1,)            | float32 | 0    | 1      | Always 0 here                    |
    | `visit`       | (1,)            | float32 | 0    | 100    | Number of the session, from 0    |
    | `action_mask` | (actions,)      | int8    | 0    | 1      | Which actions make sense         |

    Images are flat but for `rgb`, because that is how Stable-Baselines3 tells images from vectors.

    ## Rewards

    The gain in `info["progress"]`: one over the number of asks for each that is answered right.
    What must not be told is right only as the option that says so; `info["values"]["leaks"]`
    counts private facts that were told.

    ## Starting State

    The first picture of the first session. `reset(options={"episode_seed": n})` chooses the
    episode.

    ## Episode End

    1. Termination: all asks were answered or given up.
    2. Truncation: none.

    `info` holds `task`, `episode_seed`, `progress`, `kind` and `text` of the open ask, `replies`,
    `action_mask`; and of a reply that was given in this step `right`, `reason` and `values`.

    ## Arguments

    ```python
    >>> import gymnasium as gym
    >>> name = "embodied_mem_envs:EmbodiedMem/MixedSession-v0"
    >>> env = gym.make(name, width=64, height=48)
    >>> observation, info = env.reset(seed=7)
    >>> observation["heard"].shape, info["kind"]
    ((160,), '')
    >>> env.close()

    ```

    | Parameter         | Type            | Default    | Description                              |
    |-------------------|-----------------|------------|------------------------------------------|
    | `width`, `height` | **int**         | `96`, `72` | Size of the image, pixels                |
    | `hfov`            | **float**       | `pi / 2`   | Horizontal field of view, rad            |
    | `rooms`           | **int**         | `4`        | Rooms of every house                     |
    | `adversarial`     | **int**         | `20`       | Attempts to get at private facts         |
    | `options`         | **int**         | `4`        | Answers to choose from                   |
    | `clock`           | **str**         | `"paused"` | What the learner's thinking costs        |
    | `latency`         | **float**       | `1.0`      | Seconds an action of the simulated clock |
    | `render_mode`     | **str or None** | `None`     | `"rgb_array"` or `"human"`               |

    Nothing runs out here while the learner thinks, so all clocks are alike.

    ## Version History

    * v0: Initial version.
    """

    def __init__(
        self,
        *,
        width: int = 96,
        height: int = 72,
        hfov: float = 1.5707963267948966,
        rooms: int = 4,
        adversarial: int = 20,
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
            width=width,
            height=height,
            hfov=hfov,
            clock=clock,
            latency=latency,
            asked=AskedConfig(options=options, option_bytes=160),
            render_mode=render_mode,
        )
        self._config = MixedSessionConfig(rooms=rooms, adversarial=adversarial, camera=self.camera)

    def make_episode(self, seed: int) -> MixedSessionEpisode:
        """Makes the episode of a seed."""
        return MixedSessionEpisode(seed, self._config)
