"""Following a whole trajectory with an arm, to its end or to what ends it before."""

import time
from dataclasses import dataclass
from typing import Literal

from embodied_mem.robots.safety.gate import SafetyGate
from embodied_mem.robots.safety.gated import GatedTrajectory
from embodied_mem.robots.safety.owners import Owner
from embodied_mem.robots.stream import Stream

_LOOK = 0.1
_COME_TO_REST = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """How following a trajectory ended."""

    status: Literal["done", "aborted", "stopped"]
    """`aborted`: a joint left its path or missed its goal; `stopped`: something else came."""
    reason: str = ""
    """Why, where it is not done."""
    worst_error: float = 0.0
    """Largest distance of a joint from where it should have been, rad."""


def follow(stream: Stream, gate: SafetyGate, trajectory: GatedTrajectory, owner: Owner) -> Followed:
    """Begins a trajectory that was checked, and waits for its end and for the arm to be at rest.

    Raises:
        BodyError: If the gate does not let it begin.
    """
    number = stream.begin(trajectory, owner)
    try:
        while gate.progress.status == "running" and stream.newest == number and stream.wait(_LOOK):
            pass
        if stream.newest != number:
            return Followed(status="stopped", reason="another trajectory began")
        progress = gate.progress
        patience = time.monotonic() + _COME_TO_REST
        while not gate.at_rest and time.monotonic() < patience and stream.wait(_LOOK):
            pass
    except BaseException as error:  # such as Ctrl-C: nobody watches the trajectory any more
        gate.bring_to_rest(f"{type(error).__name__} in the program")
        raise
    if progress.status == "done" or progress.status == "aborted":
        return Followed(
            status=progress.status, reason=progress.reason, worst_error=progress.worst_error
        )
    reason = progress.reason or "the robot was closed"
    return Followed(status="stopped", reason=reason, worst_error=progress.worst_error)
