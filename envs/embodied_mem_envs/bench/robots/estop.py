"""How soon an emergency stop over DDS ends in a commanded velocity of zero."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embodied_mem.errors import EvaluationError
from embodied_mem.robots import Robot
from embodied_mem.robots.config import RobotConfig, build_robot
from embodied_mem.types import Command
from embodied_mem_envs.robot_peer.bystander import Bystander
from embodied_mem_envs.robot_peer.process import RobotProcess, own_domain
from embodied_mem_envs.robot_peer.wire_log import WireLog

_WEAVE = Command(forward=0.2, turn=0.8)


def bench_estop(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Drives a robot in another process, which is stopped again and again.

    Every other stop is published on `e_stop` by a participant of its own, the others are the
    robot's own button. The end is when the robot's process receives the first command to stand
    still; all processes share one monotonic clock.

    Returns:
        `estop_p50_ms`, `estop_p99_ms`, `estop_max_ms`: of both kinds; `estop_topic_p99_ms`,
        `estop_button_p99_ms`: of each; `estop_trials`; `commands_out_of_limits` and
        `commands_received` over all of it; `moved_while_stopped`: commands to move that arrived
        later than that zero while the stop held.
    """
    trials = 40 if quick else 200
    note(f"emergency stops over DDS: {trials}")
    rng = np.random.default_rng(11)
    with tempfile.TemporaryDirectory() as folder, own_domain() as domain:
        log = Path(folder) / "robot.jsonl"
        options = {"domain": domain, "width": 160, "height": 120}
        config = RobotConfig(driver="dds", options=options)
        with (
            RobotProcess(domain, log) as peer,
            Bystander(domain) as bystander,
            build_robot(config) as robot,
        ):
            robot.checks()
            stops = [_stop(peer, bystander, robot, rng, topic=k % 2 == 0) for k in range(trials)]
            return _figures(peer.log, config, stops)


@dataclass(frozen=True, slots=True)
class _Stop:
    """One emergency stop, times on the monotonic clock, s."""

    asked: float
    released: float
    topic: bool


def _stop(
    peer: RobotProcess,
    bystander: Bystander,
    robot: Robot,
    rng: np.random.Generator,
    *,
    topic: bool,
) -> _Stop:
    """Drives for a while, is stopped, goes on commanding, and drives again once released."""
    end = time.monotonic() + float(rng.uniform(0.3, 0.5))
    while time.monotonic() < end:
        robot.act(_WEAVE)
    asked = time.monotonic()
    bystander.stop() if topic else peer.tell("estop")
    for _ in range(3):
        robot.act(_WEAVE)
    released = time.monotonic()
    bystander.reset() if topic else peer.tell("reset")
    while robot.act(_WEAVE).turn == 0.0:
        if time.monotonic() > released + 10.0:
            raise EvaluationError(f"not driving 10 s after the reset: {robot.health.stopped}")
    return _Stop(asked, released, topic)


def _figures(log: WireLog, config: RobotConfig, stops: list[_Stop]) -> dict[str, float]:
    waits: dict[bool, list[float]] = {True: [], False: []}
    moved = 0
    pressed = [event["t"] for event in log.of("estopped") if event["value"]]
    if len(pressed) != len(stops):
        raise EvaluationError(f"{len(stops)} stops were asked for, {len(pressed)} were made")
    for stop, latched in zip(stops, pressed, strict=True):
        # A line on standard input takes its time; the log tells when it was carried out.
        asked = stop.asked if stop.topic else latched
        zero = log.first_zero_after(asked)
        if zero is None:
            raise EvaluationError("an emergency stop was never obeyed")
        waits[stop.topic].append(1e3 * (zero - asked))
        moved += len(log.nonzero_between(zero, stop.released))
    both = waits[True] + waits[False]
    return {
        "estop_p50_ms": float(np.median(both)),
        "estop_p99_ms": float(np.quantile(both, 0.99)),
        "estop_max_ms": float(np.max(both)),
        "estop_topic_p99_ms": float(np.quantile(waits[True], 0.99)),
        "estop_button_p99_ms": float(np.quantile(waits[False], 0.99)),
        "estop_trials": float(len(stops)),
        "moved_while_stopped": float(moved),
        "commands_out_of_limits": float(log.worst_excess(config.gate).count),
        "commands_received": float(len(log.commands)),
    }
