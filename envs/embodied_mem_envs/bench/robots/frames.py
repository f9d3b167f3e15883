"""Whether every picture and every odometry message arrives, and whether the memory keeps up."""

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from embodied_mem.brain.brain import Brain
from embodied_mem.brain.build import MemoryConfig, build_hippocampus
from embodied_mem.brain.cerebellum import CerebellumConfig
from embodied_mem.robots import Robot
from embodied_mem.robots.config import RobotConfig, build_robot
from embodied_mem_envs.robot_peer.process import RobotProcess, own_domain
from embodied_mem_envs.robot_peer.wire_log import WireLog

_WIDTH, _HEIGHT = 640, 480
_EDGE = 1.0
"""Seconds at both ends that are not counted, since messages are under way there."""


def bench_frames(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Explores with a robot that sends 640x480 RGB-D at 10 Hz and odometry at 50 Hz over DDS.

    Nothing but depth and colour is known to the memory (`geometric` segmenter).

    Returns:
        `frames_sent`, `frames_lost`: pairs of colour and depth; `odom_sent`, `odom_lost`;
        `frames_remembered`: share of the frames that came which the memory took in;
        `memory_update_ms`: mean CPU time of that; `brain_cpu_share`: CPU time of the brain's
        process over the time that passed.
    """
    seconds = 15.0 if quick else 60.0
    note(f"pictures and odometry over DDS: {seconds:g} s")
    with tempfile.TemporaryDirectory() as folder, own_domain() as domain:
        options = {
            "domain": domain,
            "width": _WIDTH,
            "height": _HEIGHT,
            "radius": 0.18,
            "camera": {"x": 0.0, "z": 1.25, "tilt": -0.26},
        }
        config = RobotConfig(driver="dds", options=options)
        size = ("--width", str(_WIDTH), "--height", str(_HEIGHT), "--rooms", "8")
        with (
            RobotProcess(domain, Path(folder) / "robot.jsonl", *size) as peer,
            build_robot(config, patience=20.0) as robot,
        ):
            robot.checks()
            return _explore(robot, lambda: peer.log, seconds)


def _explore(robot: Robot, log: Callable[[], WireLog], seconds: float) -> dict[str, float]:
    hippocampus = build_hippocampus(
        MemoryConfig(segmenter="geometric"), seconds_per_tick=robot.seconds_per_tick
    )
    movement = CerebellumConfig(speed=0.4, turn_rate=1.0, reaction=0.3)
    brain = Brain(robot, hippocampus, movement=movement)
    counted = _Counted(robot)
    end = time.monotonic() + seconds + 2.0 * _EDGE
    brain.explore(10**6, on_tick=counted.tick, until=lambda: time.monotonic() > end)
    return counted.figures(log(), brain.timer.means()["memory"])


class _Counted:
    """Counts what came between two moments, after the first and before the last second."""

    def __init__(self, robot: Robot) -> None:
        self._robot = robot
        self._begun = time.monotonic()
        self._samples: list[tuple[float, int, int, float]] = []

    def tick(self) -> None:
        """Notes how much has come so far; called once a remembered frame."""
        readings = self._robot.readings
        usage = resource.getrusage(resource.RUSAGE_SELF)
        frame = -1 if readings.frame is None else readings.frame.number
        cpu = usage.ru_utime + usage.ru_stime
        self._samples.append((time.monotonic(), frame, readings.received.get("odom", 0), cpu))

    def figures(self, log: WireLog, memory_ms: float) -> dict[str, float]:
        """Compares with what the robot says it sent."""
        inner = [s for s in self._samples if self._begun + _EDGE <= s[0]]
        inner = [s for s in inner if s[0] <= self._samples[-1][0] - _EDGE]
        first, last = inner[0], inner[-1]
        span = last[0] - first[0]
        sent = [event["t"] for event in log.of("picture") if first[0] <= event["t"] < last[0]]
        states = [state.t for state in log.states if first[0] <= state.t < last[0]]
        came = last[1] - first[1]
        # One message may be under way at either end of the span.
        return {
            "frames_sent": float(len(sent)),
            "frames_lost": float(max(0, len(sent) - came - 1)),
            "odom_sent": float(len(states)),
            "odom_lost": float(max(0, len(states) - (last[2] - first[2]) - 2)),
            "frames_remembered": (len(inner) - 1) / max(came, 1),
            "memory_update_ms": memory_ms,
            "brain_cpu_share": (last[3] - first[3]) / span,
        }
