"""Whether the control process keeps 200 Hz while the brain's process hangs or burns CPU."""

import math
import threading
import time
from collections.abc import Callable

from embodied_mem.brain.control.lateness import Lateness
from embodied_mem.brain.control.process_host import ProcessHost, run_in_process
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.types import Command
from embodied_mem_envs.tabletop import TabletopBody

_SECONDS, _SECONDS_QUICK = 60.0, 6.0
_THREADS = 2


def bench_punctual(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Runs the control loop with the tabletop's physics in a process of its own, in wall time.

    For a third of the time the brain commands motion, for a third it hangs, and for a third two of
    its threads compute in Python without pause. All of that once with real-time scheduling, which
    a system may refuse, and once without.

    Returns:
        `late_ticks`: share of ticks that began more than one period late or were skipped;
        `jitter_p50_ms`, `jitter_p99_ms`, `jitter_max_ms`: how long after its deadline a tick
        began; `control_ticks`: ticks in all; `control_real_time`: 1 where the system granted
        real-time scheduling; `late_ticks_plain`, `jitter_p99_plain_ms`: without asking for it.
    """
    part = (_SECONDS_QUICK if quick else _SECONDS) / 3.0
    note(f"punctuality: 2 x {3.0 * part:g} s in wall time")
    lateness, granted = _measure(part, real_time=True)
    plain, _ = _measure(part, real_time=False)
    return {
        "late_ticks": lateness.share,
        "jitter_p50_ms": 1e3 * lateness.quantile(0.5),
        "jitter_p99_ms": 1e3 * lateness.quantile(0.99),
        "jitter_max_ms": 1e3 * lateness.longest,
        "control_ticks": float(lateness.ticks),
        "control_real_time": float(granted),
        "late_ticks_plain": plain.share,
        "jitter_p99_plain_ms": 1e3 * plain.quantile(0.99),
    }


def _measure(part: float, *, real_time: bool) -> tuple[Lateness, bool]:
    body = TabletopBody()
    description = body.description
    body.close()
    limits = JointLimits.of_urdf(description.urdf, description.joints)
    host = run_in_process(open_table, limits, rate=200.0, real_time=real_time)
    granted = host.real_time
    try:
        _command(host, description.home, part)
        time.sleep(part)
        _burn(part)
    finally:
        lateness = host.lateness
        host.close()
    return lateness, granted


def open_table() -> TabletopBody:
    """Makes the arm in the control process."""
    return TabletopBody()


def _command(host: ProcessHost, home: tuple[float, ...], seconds: float) -> None:
    """Swings the first joint to and fro."""
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < seconds:
        host.post(Command(joints=(home[0] + 0.4 * math.sin(1.5 * passed), *home[1:])))
        time.sleep(0.005)


def _burn(seconds: float) -> None:
    """Computes in Python on two threads, which never let go of the interpreter for long."""
    end = time.monotonic() + seconds

    def work() -> None:
        total = 0
        while time.monotonic() < end:
            total += sum(range(2000))

    threads = [threading.Thread(target=work) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
