"""What is to be looked at of the link to a gateway before anything moves."""

from embodied_mem.robots.driver import Check
from embodied_mem.robots.gateway.control_link import ControlLink

_SLOW = 0.1
"""A 99th percentile of the round trips above this is worth a warning, s: two periods of 20 Hz."""


def link_checks(control: ControlLink, *, encrypted: bool) -> list[Check]:
    """Returns the checks of this end."""
    state = control.state
    driven = "" if state is None else state.driven_by
    return [
        _round_trip(control),
        Check(
            name="gateway encryption",
            verdict="ok",
            found="CURVE" if encrypted else "none, on this machine only",
        ),
        Check(
            name="owner at the robot's end",
            verdict="error" if driven else "ok",
            found=f"{driven} drives" if driven else "free, or ours",
            expected="nobody of the same or a higher priority drives",
        ),
    ]


def _round_trip(control: ControlLink) -> Check:
    clock = control.clock
    median, worst = clock.percentile(50), clock.percentile(99)
    return Check(
        name="gateway round trip",
        verdict="ok" if worst <= _SLOW else "warning",
        found=(
            f"p50 {1e3 * median:.1f} ms, p99 {1e3 * worst:.1f} ms of {clock.trips}; clocks known "
            f"to {1e3 * clock.bound:.1f} ms"
        ),
        expected=f"p99 at most {1e3 * _SLOW:.0f} ms",
    )
