"""Somebody else on the robot's DDS domain: hears its topics, and sends what a test wants sent."""

import time
from collections.abc import Callable
from typing import Any, Self

from cyclonedds.internal import InvalidSample
from cyclonedds.pub import DataWriter
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic

from embodied_mem.errors import EvaluationError
from embodied_mem.robots.dds.matched import matched
from embodied_mem.robots.dds.messages import Bool, Twist, TwistStamped, Vector3
from embodied_mem.robots.dds.participant import DdsLink, DdsNetwork
from embodied_mem_envs.robot_peer.wire_names import TYPES, Quality, dds_topic


class Bystander:
    """A participant of its own; a context manager."""

    def __init__(self, domain: int, *, namespace: str = "", stamped: bool = False) -> None:
        """Joins a domain; see `PeerConfig` for the rest."""
        self.link = DdsLink(DdsNetwork(domain=domain))
        self._namespace = namespace
        self._stamped = stamped
        self._writers: dict[str, Any] = {}
        self._readers: dict[str, Any] = {}
        self.heard: dict[str, list[Any]] = {}
        """Messages by topic, in the order of arrival."""

    def send(self, name: str, message: Any, *, hearers: int = 1, patience: float = 20.0) -> None:
        """Sends a message, once so many hear the topic."""
        if name not in self._writers:
            qos = Quality(name).qos(reader=False)
            self._writers[name] = DataWriter(self.link.participant, self._topic(name), qos=qos)
        writer = self._writers[name]
        end = time.monotonic() + patience
        while len(matched(writer.get_matched_subscriptions)) < hearers:
            if time.monotonic() > end:
                raise EvaluationError(f"nobody hears {name}")
            time.sleep(0.01)
        writer.write(message)

    def steer(self, forward: float, turn: float = 0.0) -> None:
        """Sends one velocity command, m/s and rad/s."""
        twist = Twist(linear=Vector3(x=forward), angular=Vector3(z=turn))
        self.send("cmd_vel", TwistStamped(twist=twist) if self._stamped else twist)

    def steer_for(self, seconds: float, forward: float, turn: float = 0.0) -> None:
        """Sends a command twenty times a second for a while."""
        for _ in range(round(20 * seconds)):
            self.steer(forward, turn)
            time.sleep(0.05)

    def stop(self, hearers: int = 1) -> None:
        """Asks for an emergency stop, once so many would hear of it."""
        self.send("e_stop", Bool(data=True), hearers=hearers)

    def reset(self) -> None:
        """Asks for its end."""
        self.send("e_stop_reset", Bool(data=True))

    def hear(self, name: str) -> list[Any]:
        """Listens to a topic from now on; returns what came so far."""
        if name not in self._readers:
            qos = Quality(name).qos(reader=True)
            self._readers[name] = DataReader(self.link.participant, self._topic(name), qos=qos)
            self.heard[name] = []
        for message in self._readers[name].take(N=256):
            if not isinstance(message, InvalidSample):
                self.heard[name].append(message)
        return self.heard[name]

    def until(
        self, name: str, met: Callable[[list[Any]], bool], seconds: float = 20.0
    ) -> list[Any]:
        """Listens until what was heard on a topic is enough, and returns it.

        Raises:
            EvaluationError: If it never is.
        """
        end = time.monotonic() + seconds
        while not met(self.hear(name)):
            if time.monotonic() > end:
                raise EvaluationError(f"not heard on {name}, only {self.heard[name][-3:]}")
            time.sleep(0.01)
        return self.heard[name]

    def next(self, name: str, met: Callable[[Any], bool] = lambda _: True) -> Any:
        """Returns the next message from now on that is as wanted."""
        known = len(self.hear(name))
        self.until(name, lambda heard: any(met(one) for one in heard[known:]))
        return next(one for one in self.heard[name][known:] if met(one))

    def close(self) -> None:
        """Leaves the domain; safe to call twice."""
        self._writers.clear()
        self._readers.clear()
        self.link.close()

    def _topic(self, name: str) -> Any:
        kind = TwistStamped if name == "cmd_vel" and self._stamped else TYPES[name]
        return Topic(self.link.participant, dds_topic(self._namespace, name), kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
