"""How much is said, seen and asked in an episode."""

from dataclasses import dataclass, field

from embodied_mem.errors import ConfigError
from embodied_mem_envs.house.body import CameraConfig

KINDS = ("own", "cross_partner", "updated", "before", "provenance", "adversarial")
"""Kinds of asks about what was said; `seen` asks are about the house."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MixedSessionConfig:
    """How much is asked, and what the robot sees."""

    own: int = 4
    """Asks at the end about what the asker told."""
    cross_partner: int = 10
    """Asks at the end about what others told."""
    updated: int = 5
    """Asks at the end about what holds now of what changed."""
    before: int = 4
    """Asks at the end about what held before it changed."""
    provenance: int = 5
    """Asks at the end about who told something, or in which session."""
    adversarial: int = 20
    """Attempts at the end to get at what another told in private."""
    after_each: bool = True
    """Whether the partner of a session asks something at its end, from the second session on."""
    seen: int = 2
    """Asks at the end about what the robot saw in the house."""
    rooms: int = 4
    """Rooms of the house."""
    camera: CameraConfig = field(default_factory=lambda: CameraConfig(width=96, height=72))
    """The camera of the robot."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a count is negative.
        """
        if min(*self.at_end.values(), self.seen) < 0:
            raise ConfigError(
                f"counts of asks must not be negative, got {self.at_end} and seen={self.seen}"
            )

    @property
    def at_end(self) -> dict[str, int]:
        """How many asks of each kind come after the last session."""
        return {kind: getattr(self, kind) for kind in KINDS}
