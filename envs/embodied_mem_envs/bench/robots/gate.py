"""What a safety gate costs a command, and how soon it stops inside the process."""

import time
from collections.abc import Callable

import numpy as np

from embodied_mem.robots.body import Feature
from embodied_mem.robots.driver import RobotInfo
from embodied_mem.robots.readings import CameraFrame, Readings
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.robots.safety.gate import BRAIN, SafetyGate
from embodied_mem.types import Command, Intrinsics

_PERIOD = 0.05
_CAMERA = Intrinsics.from_hfov(640, 480, np.pi / 2)
_RGB = np.zeros((480, 640, 3), np.uint8)
_DEPTHS = [np.full((480, 640), metres, np.float32) for metres in (2.5, 2.6)]
_MOUNT = np.array([[0.0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 0.5], [0, 0, 0, 1]])


def bench_gate(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Lets commands through a gate of a differential base with a depth camera.

    Returns:
        `gate_us`: mean CPU time of `request` and `tick` together for one command, no picture to
        judge with it; `gate_moving`: share of the commands that moved the robot;
        `gate_picture_us`: mean CPU time of a tick that judges a new 640x480 depth picture;
        `estop_periods`: most control periods from an emergency stop inside the process to a
        commanded velocity of 0.
    """
    note("cost of the gate")
    count = 2_000 if quick else 20_000
    gate = SafetyGate(GateConfig(), _info())
    rng = np.random.default_rng(3)
    spent, moving, timed = 0.0, 0, 0
    for step, (forward, turn) in enumerate(rng.uniform(-1.0, 1.0, (count, 2)).tolist()):
        now, readings = _PERIOD * step, _readings(step)
        # A picture is judged when somebody first wants to drive ahead: here with every new one.
        command = Command(forward=forward if step % 2 else abs(forward), turn=turn)
        started = time.thread_time()
        gate.request(command, owner=BRAIN, now=now)
        sent = gate.tick(readings, now).command
        if step % 2:  # the others judge a picture, which is measured apart
            spent += time.thread_time() - started
            timed += 1
        moving += sent.forward != 0.0 or sent.turn != 0.0
    return {
        "gate_us": 1e6 * spent / timed,
        "gate_moving": moving / count,
        "gate_picture_us": _picture_us(),
        "estop_periods": float(max(_periods_to_zero(seed) for seed in range(50))),
    }


def _picture_us() -> float:
    """Returns what a tick costs that judges a new 640x480 depth picture, us."""
    gate = SafetyGate(GateConfig(), _info())
    spent, count = 0.0, 100
    for step in range(count):
        now, readings = _PERIOD * step, _readings(step, every=1)
        gate.request(Command(forward=0.3), owner=BRAIN, now=now)
        started = time.thread_time()
        gate.tick(readings, now)
        spent += time.thread_time() - started
    return 1e6 * spent / count


def _periods_to_zero(seed: int) -> int:
    """Drives at a random speed, stops, and counts ticks until what is sent is 0."""
    rng = np.random.default_rng(seed)
    gate = SafetyGate(GateConfig(), _info())
    command = Command(forward=float(rng.uniform(0.1, 0.5)), turn=float(rng.uniform(-1.5, 1.5)))
    driven = int(rng.integers(20, 60))
    for step in range(driven):
        gate.request(command, owner=BRAIN, now=_PERIOD * step)
        gate.tick(_readings(step), _PERIOD * step)
    gate.estop("the bench asks")
    for periods in range(1, 100):
        step = driven + periods - 1
        sent = gate.tick(_readings(step), _PERIOD * step).command
        if sent.forward == 0.0 and sent.turn == 0.0:
            return periods
    return 100


def _info() -> RobotInfo:
    speed = Feature(shape=(), dtype="float64", unit="m/s", low=-1.0, high=1.0)
    turn = Feature(shape=(), dtype="float64", unit="rad/s", low=-3.0, high=3.0)
    return RobotInfo(
        name="bench",
        observation_features={},
        action_features={"forward": speed, "turn": turn},
        radius=0.2,
        seconds_per_tick=0.1,
        required=("odom", "depth"),
    )


def _readings(step: int, *, every: int = 2) -> Readings:
    """Returns fresh readings of a robot that moves; a picture with a clear way every few steps."""
    picture = step // every
    pose = np.eye(4)
    pose[0, 3] = 0.01 * step
    depth = _DEPTHS[picture % 2]
    frame = CameraFrame(
        rgb=_RGB,
        depth=depth,
        intrinsics=_CAMERA,
        T_world_camera=pose @ _MOUNT,
        T_world_body=pose,
        taken=_PERIOD * every * picture,
        number=picture,
    )
    return Readings(
        time=_PERIOD * step,
        ages={"odom": 0.0, "depth": 0.0},
        T_world_body=pose,
        forward=0.2,
        frame=frame,
    )
