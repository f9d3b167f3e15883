"""What a level of action is: which actions there are, what they do, and what is shown."""

from typing import Any, Protocol

from gymnasium import spaces

from embodied_mem.types import AnyArray, BoolArray
from embodied_mem_envs.tasks.levels.play import Play

Observed = dict[str, AnyArray]


class Level(Protocol):
    """Plays an episode by its own actions."""

    @property
    def action_space(self) -> spaces.Space[Any]:
        """All actions."""

    @property
    def observation_space(self) -> spaces.Dict:
        """What `observe` gives."""

    def begin(self, play: Play) -> None:
        """Starts on a fresh episode and goes on to the first decision."""

    def act(self, action: Any) -> None:
        """Carries out an action of the action space and goes on to the next decision."""

    def observe(self) -> Observed:
        """Returns what the policy is shown now."""

    def mask(self) -> BoolArray:
        """Returns which discrete actions make sense now."""

    def close(self) -> None:
        """Lets go of everything that belongs to the episode; safe to call twice."""
