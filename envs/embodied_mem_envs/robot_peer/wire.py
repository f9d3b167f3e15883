"""The robot's end of the wire: every topic it sends and hears, on Cyclone DDS."""

from collections.abc import Callable, Iterable
from typing import Any, final

from cyclonedds.core import (
    DDSException,
    InstanceState,
    ReadCondition,
    SampleState,
    ViewState,
    WaitSet,
)
from cyclonedds.internal import InvalidSample
from cyclonedds.pub import DataWriter
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic

from embodied_mem.robots.dds.messages import TwistStamped
from embodied_mem.robots.dds.participant import DdsLink, DdsNetwork
from embodied_mem_envs.robot_peer.config import PeerConfig
from embodied_mem_envs.robot_peer.wire_names import TYPES, Quality, dds_topic

_NEW = SampleState.NotRead | ViewState.Any | InstanceState.Any
_MOST = 256
"""So many messages of a topic are taken at once."""


@final
class Wire:
    """Writers and readers by the names of their topics; each can be replaced while it runs."""

    def __init__(self, config: PeerConfig, sends: Iterable[str], hears: Iterable[str]) -> None:
        """Joins the domain.

        Args:
            config: Domain, interface and namespace.
            sends: Topics that are written.
            hears: Topics that are read.

        Raises:
            BodyError: If the domain cannot be joined.
        """
        self._config = config
        self.network = DdsNetwork(
            domain=config.domain, interface=config.interface, peers=config.peers
        )
        self._link = DdsLink(self.network)
        self._waitset: Any = WaitSet(self._link.participant)
        self._quality = {name: Quality(name) for name in TYPES}
        self._topics: dict[str, Any] = {}
        self._writers: dict[str, Any] = {}
        self._readers: dict[str, tuple[Any, Any]] = {}
        for name in sends:
            self._writers[name] = self.writer(name)
        for name in hears:
            self._readers[name] = self._reader(name)

    def writer(self, name: str, link: DdsLink | None = None) -> Any:
        """Returns a writer of a topic, of another participant of the same domain where given."""
        if link is None:
            participant, topic = self._link.participant, self._topic(name)
        else:
            participant = link.participant
            topic = Topic(participant, dds_topic(self._config.namespace, name), self.type_of(name))
        return DataWriter(participant, topic, qos=self._quality[name].qos(reader=False))

    def type_of(self, name: str) -> type[Any]:
        """Returns the message type of a topic."""
        return TwistStamped if name == "cmd_vel" and self._config.stamped else TYPES[name]

    def spoil(self, name: str, words: Iterable[str]) -> str:
        """Gives a topic another QoS by making its writer or reader anew; returns what is wrong."""
        if name not in self._writers and name not in self._readers:
            return f"no topic {name!r}; expected one of {[*self._writers, *self._readers]}"
        for word in words:
            if not self._quality[name].spoil(word):
                return f"no QoS {word!r}"
        if name in self._writers:
            del self._writers[name]
            self._writers[name] = self.writer(name)
            return ""
        condition = self._readers.pop(name)[1]
        self._waitset.detach(condition)
        del condition
        self._readers[name] = self._reader(name)
        return ""

    def send(self, name: str, message: Any, clock: float) -> bool:
        """Sends a message, dated with the robot's own clock, s; returns whether it was taken."""
        try:
            self._writers[name].write(message, timestamp=int(clock * 1e9))
        except (DDSException, KeyError):  # a reader that hangs, or a writer being replaced
            return False
        return True

    def hear(self, seconds: float, heard: Callable[[str, Any], None]) -> None:
        """Waits for messages for a while and hands over each that came, with its topic."""
        self._waitset.wait(int(seconds * 1e9))
        for name, (reader, condition) in list(self._readers.items()):
            for message in reader.take(N=_MOST, condition=condition):
                if not isinstance(message, InvalidSample):  # a writer that left
                    heard(name, message)

    def close(self) -> None:
        """Leaves the domain."""
        self._readers.clear()
        self._writers.clear()
        self._topics.clear()
        self._waitset = None
        self._link.close()

    def _topic(self, name: str) -> Any:
        if name not in self._topics:
            full = dds_topic(self._config.namespace, name)
            self._topics[name] = Topic(self._link.participant, full, self.type_of(name))
        return self._topics[name]

    def _reader(self, name: str) -> tuple[Any, Any]:
        qos = self._quality[name].qos(reader=True)
        reader: Any = DataReader(self._link.participant, self._topic(name), qos=qos)
        condition = ReadCondition(reader, _NEW)
        self._waitset.attach(condition)
        return reader, condition
