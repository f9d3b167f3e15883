"""Somebody else who steers the robot, too."""

import threading
from typing import Any, final

from embodied_mem.robots.dds.messages import Twist, TwistStamped, Vector3
from embodied_mem.robots.dds.participant import DdsLink
from embodied_mem_envs.robot_peer.pacer import at_rate
from embodied_mem_envs.robot_peer.wire import Wire

_HZ = 10.0


@final
class SecondOwner:
    """Publishes one command again and again, with a participant of its own."""

    def __init__(self, wire: Wire, forward: float, turn: float) -> None:
        """Begins.

        Args:
            wire: Whose domain and topic it uses.
            forward: m/s.
            turn: rad/s.
        """
        twist = Twist(linear=Vector3(x=forward), angular=Vector3(z=turn))
        stamped = wire.type_of("cmd_vel") is TwistStamped
        self._message = TwistStamped(twist=twist) if stamped else twist
        self._link = DdsLink(wire.network)
        self._writer: Any = wire.writer("cmd_vel", self._link)
        self.source = f"{self._writer.get_instance_handle() % 2**64:x}"
        """By which the log tells it from others."""
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._steer, name="second owner", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends."""
        self._end.set()
        self._thread.join()
        self._writer = None
        self._link.close()

    def _steer(self) -> None:
        at_rate(_HZ, lambda _: self._writer.write(self._message), self._end, late=1.0)
