"""A process that serves a robot until it is told to end."""

import signal
import threading
from pathlib import Path
from types import FrameType

from embodied_mem.robots.gateway.parent import end_with
from embodied_mem.robots.gateway.server import GatewayServer
from embodied_mem.robots.gateway.wire import PROTOCOL
from embodied_mem.robots.robot import Robot

READY = "gateway ready: "
"""The line that says so on the standard output begins with this; the endpoint follows."""


def serve(
    robot: Robot, endpoint: str, *, keys: Path | None = None, parent: int | None = None
) -> None:
    """Connects a robot, serves it and prints one line when clients may come; main thread only.

    Ends with the robot at rest on SIGTERM, on SIGINT, and with the parent where asked for.

    Args:
        robot: The robot, not connected yet.
        endpoint: As for `GatewayServer`.
        keys: As for `GatewayServer`.
        parent: A parent process that holds our standard input; the end of either is the end of
            this one, for a parent that was killed can send no signal.

    Raises:
        BodyError: If the robot or the endpoint cannot be reached.
        ConfigError: If keys are needed and there are none.
    """
    server = GatewayServer(robot, endpoint, keys=keys)
    over = threading.Event()

    # Before the robot is connected: it brings itself to rest first, and then calls these.
    def end(number: int, frame: FrameType | None) -> None:
        over.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    if parent is not None:
        end_with(parent, over)
    try:
        with robot, server:
            secured = "CURVE" if keys is not None else "no keys"
            print(
                f"{READY}{server.endpoint} serves {robot.info.name} (protocol {PROTOCOL}, "
                f"{secured})",
                flush=True,
            )
            while not over.wait(0.5):
                pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
