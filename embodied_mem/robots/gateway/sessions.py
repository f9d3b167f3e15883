"""Who is connected to a gateway; bounded in number, and forgotten when silent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, final

from embodied_mem.errors import BodyError
from embodied_mem.robots.gateway.requests import Drive, Look
from embodied_mem.robots.safety.owners import Owner

_SILENCE = 3.0
"""A client that says nothing for this long is forgotten, s; a look may wait two of them."""


@dataclass(kw_only=True, slots=True, eq=False)
class Session:
    """One connection that has said hello."""

    address: bytes
    """By which ZeroMQ knows it."""
    owner: Owner
    role: Literal["control", "pictures"]
    heard: float
    """When it said something last (monotonic, s)."""
    number: int = 0
    """Its newest request."""
    answers: bool = False
    """Whether it is to be told the state."""
    halts: int = 0
    """Emergency stops that it asked for itself, and therefore knows of."""
    drive: Drive | None = None
    """Its newest command that was not acted on yet."""
    look: Look | None = None
    """Its wish for a picture."""
    look_until: float = 0.0
    """When that is answered at the latest (monotonic, s)."""
    checks: int | None = None
    """The number of its wish for the checks."""
    refused: str = field(default="")
    """Why its newest command or trajectory was refused."""
    refused_at: float = 0.0
    """When (monotonic, s)."""
    firmly: bool = False
    """Whether a command that is followed does not end that: the arm's part was refused."""
    following: str = ""
    """`running`, or how its newest trajectory ended."""

    def refuse(self, reason: str, now: float, *, firmly: bool = False) -> None:
        """Notes why something was not done, until `forgive`."""
        self.refused, self.refused_at, self.firmly = reason, now, firmly

    def forgive(self, *, in_time: bool = False) -> None:
        """Forgets a refusal, because a command was followed or because it is long ago."""
        if in_time or not self.firmly:
            self.refused, self.firmly = "", False


@final
class Sessions:
    """All connections that have said hello."""

    def __init__(self, most: int) -> None:
        """Begins with none.

        Args:
            most: No more than so many are taken.
        """
        self._most = most
        self._known: dict[bytes, Session] = {}

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._known.values()))

    def __len__(self) -> int:
        return len(self._known)

    def get(self, address: bytes, now: float) -> Session | None:
        """Returns who speaks, who is thereby heard; None where they have not said hello."""
        session = self._known.get(address)
        if session is not None:
            session.heard = now
        return session

    def enter(
        self,
        address: bytes,
        name: str,
        priority: int,
        role: Literal["control", "pictures"],
        now: float,
    ) -> Session:
        """Takes a client in; one that was in already begins anew.

        Two clients of one name get different ones, or one could command in the other's name.

        Raises:
            BodyError: If there are as many as are allowed.
        """
        self._known.pop(address, None)
        if len(self._known) >= self._most:
            raise BodyError(f"{self._most} clients are connected already, which is the most")
        taken = {one.owner.name for one in self if one.role == role}
        names = (name, *(f"{name}-{count}" for count in range(2, self._most + 2)))
        owner = Owner(next(one for one in names if one not in taken), priority)
        session = Session(address=address, owner=owner, role=role, heard=now)
        self._known[address] = session
        return session

    def leave(self, address: bytes) -> Session | None:
        """Forgets a client that says goodbye."""
        return self._known.pop(address, None)

    def expire(self, now: float) -> None:
        """Forgets who has been silent for too long."""
        for session in self:
            if now - session.heard > _SILENCE:
                del self._known[session.address]

    def clear(self) -> None:
        """Forgets everybody; who is still there says hello again."""
        self._known.clear()

    def forget_commands(self) -> None:
        """Drops the commands that were not acted on yet."""
        for session in self:
            session.drive = None
