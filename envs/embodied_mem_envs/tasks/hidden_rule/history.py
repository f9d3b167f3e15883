"""What came before a step and is not to be seen in it: visits, and what was activated."""

from dataclasses import dataclass, field
from typing import final


@final
@dataclass
class History:
    """Counts what rules may ask about; an agent that remembers all calls can keep one too."""

    rooms: int
    kinds: int
    visits: list[int] = field(init=False)
    """How often the robot came into each room; the start counts."""
    counts: list[int] = field(init=False)
    """How often each kind of thing was activated."""
    used: list[bool] = field(init=False)
    """Which kinds were activated since the last rest."""
    last: int = -1
    """The kind that was activated last; -1 for none."""

    def __post_init__(self) -> None:
        self.visits = [0] * self.rooms
        self.counts = [0] * self.kinds
        self.used = [False] * self.kinds

    def came_into(self, room: int) -> None:
        """Counts a visit; an arrival counts before the rules are asked."""
        self.visits[room] += 1

    def activated(self, kind: int) -> None:
        """Notes an activation, after the rules were asked."""
        self.counts[kind] += 1
        self.used[kind] = True
        self.last = kind

    def rested(self) -> None:
        """Notes a rest, after the rules were asked."""
        self.used = [False] * self.kinds

    def values(self, kinds: tuple[str, ...], room: int) -> dict[str, int]:
        """Returns the values of the variables about the past, by the names of the grammar."""
        return {
            "visits": self.visits[room],
            "last": self.last + 1,
            **{f"count {kind}": self.counts[index] for index, kind in enumerate(kinds)},
            **{f"used {kind}": int(self.used[index]) for index, kind in enumerate(kinds)},
        }
