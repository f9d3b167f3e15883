"""How much is said, seen and asked in an episode."""

from dataclasses import dataclass

from embodied_mem.errors import ConfigError

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
    width: int = 96
    """Width of the pictures in pixels; the height is three quarters of it."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a count is negative or the pictures are too small.
        """
        if min(*self.at_end.values(), self.seen) < 0 or self.width < 32:
            raise ConfigError(
                "counts of asks must not be negative and pictures at least 32 pixels wide, got "
                f"{self.at_end}, seen={self.seen}, width={self.width}"
            )

    @property
    def at_end(self) -> dict[str, int]:
        """How many asks of each kind come after the last session."""
        return {kind: getattr(self, kind) for kind in KINDS}
