"""Who moves the robot: one at a time, and a human before any autonomy."""

from dataclasses import dataclass
from typing import final

from embodied_mem.errors import CommandRefused


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who sends commands."""

    name: str
    """How messages call them."""
    priority: int
    """Who has more takes the robot away from who has less, 0 to 255."""


BRAIN = Owner("brain", 10)
"""Autonomy (twist_mux, `twist_mux_topics.yaml`: navigation 10)."""
KEYBOARD = Owner("keyboard", 90)
"""A human at a keyboard (twist_mux: keyboard 90)."""
JOYSTICK = Owner("joystick", 100)
"""A human at a joystick or a tablet (twist_mux: joystick and tablet 100)."""


@final
class Ownership:
    """Multiplexes by priority as twist_mux does: whoever falls silent lets go."""

    def __init__(self, patience: float) -> None:
        """Begins with no owner.

        Args:
            patience: Silence after which an owner has let go, s.
        """
        self.owner: Owner | None = None
        """Who has the robot; None where nobody has."""
        self._patience = patience
        self._heard = float("-inf")

    def claim(self, owner: Owner, now: float) -> Owner | None:
        """Lets somebody command the robot.

        Returns:
            From whom the robot was taken; None where it was free or already theirs.

        Raises:
            CommandRefused: If somebody of the same or a higher priority has the robot.
        """
        holder = self.owner
        if holder is owner or holder == owner:
            self._heard = max(self._heard, now)
            return None
        taken = None
        if holder is not None and now - self._heard <= self._patience:
            if owner.priority <= holder.priority:
                raise CommandRefused(
                    f"{holder.name} (priority {holder.priority}) has the robot; {owner.name} "
                    f"(priority {owner.priority}) may have it after {self._patience} s of silence"
                )
            taken = holder
        self.owner, self._heard = owner, now
        return taken

    def keep(self, now: float) -> None:
        """Counts what the robot does for its owner as being heard from them."""
        self._heard = max(self._heard, now)

    def expire(self, now: float) -> None:
        """Lets go of an owner that has been silent for too long."""
        if self.owner is not None and now - self._heard > self._patience:
            self.owner = None
