"""The entities of an open DDS driver: readers, writers, and what is known of their other ends."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, final

from cyclonedds.builtin import (
    BuiltinDataReader,
    BuiltinTopicDcpsPublication,
    BuiltinTopicDcpsSubscription,
)
from cyclonedds.core import DDSException, DDSStatus, InstanceState
from cyclonedds.pub import DataWriter
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic

from embodied_mem.errors import BodyError
from embodied_mem.robots.dds import messages
from embodied_mem.robots.dds.commands import joint_trajectory, twist
from embodied_mem.robots.dds.discovery import Discovery, Endpoint, OwnEnd
from embodied_mem.robots.dds.intake import Intake, channel_of, message_type
from embodied_mem.robots.dds.listener import Listener, Source
from embodied_mem.robots.dds.matched import matched
from embodied_mem.robots.dds.participant import DdsLink
from embodied_mem.robots.dds.qos import dds_qos
from embodied_mem.robots.driver import Check, RobotEvents
from embodied_mem.robots.ros.assemble import RosState
from embodied_mem.robots.ros.estop import EstopTopics
from embodied_mem.robots.ros.topics import RosConfig
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command

_READER_CHANGES = (
    DDSStatus.SubscriptionMatched | DDSStatus.RequestedIncompatibleQos | DDSStatus.SampleLost
)
_HANDLE = (1 << 64) - 1
"""Handles are unsigned in messages, and signed in lists of those who are there."""
_WRITER_CHANGES = DDSStatus.PublicationMatched | DDSStatus.OfferedIncompatibleQos


@final
class DdsSession:
    """One joining of a domain, from open to close."""

    def __init__(
        self,
        link: DdsLink,
        config: RosConfig,
        state: RosState,
        events: RobotEvents,
        estop: EstopTopics,
    ) -> None:
        """Opens all topics and begins to listen.

        Args:
            link: The participant; closed with this.
            config: The robot's topics.
            state: Gets what comes.
            events: Is woken when readings are worth a look.
            estop: Gets stops and resets.

        Raises:
            BodyError: If a topic cannot be opened.
        """
        self._link, self._config, self._state, self._events = link, config, state, events
        self._turn = threading.Condition()
        self._broken = ""
        self._writers: dict[str, Any] = {}
        self._readers: dict[str, Any] = {}
        self._lost: dict[str, int] = {}
        try:
            self._discovery = Discovery(config, link.participant.guid)
            for role in config.publishes:
                self._open_writer(role)
            for role in config.subscribes:
                self._open_reader(role)
            self._listener = self._listen(Intake(state, events, estop))
        except DDSException as error:
            self._let_go()
            raise BodyError(f"cannot open the topics of {config.name}: {error}") from error

    def write_twist(self, command: Command, robot_time: float) -> None:
        """Sends the speeds of a base."""
        self._write("cmd_vel", twist(command, stamped=self._config.stamped, now=robot_time))

    def write_trajectory(self, trajectory: Trajectory) -> None:
        """Sends a path of an arm."""
        self._write("joint_trajectory", joint_trajectory(trajectory))

    def write_bool(self, role: str, value: bool) -> None:
        """Sends a yes or no."""
        self._write(role, messages.Bool(data=value))

    def wait(self, settled: Callable[[], bool], seconds: float) -> bool:
        """Waits until everybody is there and something else holds, too.

        Args:
            settled: Looked at whenever something came.
            seconds: To wait at most.
        """
        end = time.monotonic() + seconds
        with self._turn:
            while not (self._discovery.complete and settled()):
                left = end - time.monotonic()
                if left <= 0.0 or self._broken:
                    return False
                self._turn.wait(min(left, 0.1))
        return True

    def checks(self) -> Sequence[Check]:
        """Returns one line for every topic that needs somebody at its other end."""
        with self._turn:
            return self._discovery.checks()

    def close(self) -> None:
        """Closes the topics and leaves the domain."""
        self._listener.close()
        self._let_go()

    def _write(self, role: str, message: Any) -> None:
        if self._broken:
            raise BodyError(self._broken)
        writer = self._writers.get(role)
        if writer is None:
            raise BodyError(f"{self._config.name} is closed; connect the robot first")
        try:
            writer.write(message)
        except DDSException as error:
            raise BodyError(f"cannot write to {self._config.topic(role)}: {error}") from error

    def _open_writer(self, role: str) -> None:
        # What is sent replaces what was not delivered yet: nobody should follow old commands.
        profile = self._config.quality(role)
        depth = 1 if profile.durability == "transient_local" else profile.depth
        qos = dds_qos(replace(profile, depth=depth))
        writer: Any = DataWriter(self._link.participant, self._topic(role), qos)
        writer.set_status_mask(_WRITER_CHANGES)
        self._writers[role] = writer

        def refused() -> tuple[int, int]:
            status = writer.get_offered_incompatible_qos_status()
            return status.total_count, status.last_policy_id

        self._add_own(
            role, "writer", qos, lambda: len(matched(writer.get_matched_subscriptions)), refused
        )

    def _open_reader(self, role: str) -> None:
        qos = dds_qos(self._config.quality(role), ignore_own=True)
        reader: Any = DataReader(self._link.participant, self._topic(role), qos)
        reader.set_status_mask(_READER_CHANGES)
        self._readers[role] = reader

        def refused() -> tuple[int, int]:
            status = reader.get_requested_incompatible_qos_status()
            return status.total_count, status.last_policy_id

        self._add_own(
            role, "reader", qos, lambda: len(matched(reader.get_matched_publications)), refused
        )

    def _topic(self, role: str) -> Any:
        return Topic(self._link.participant, self._name(role), message_type(self._config, role))

    def _name(self, role: str) -> str:
        return "rt" + self._config.topic(role)

    def _add_own(
        self,
        role: str,
        kind: Any,
        qos: Any,
        matched: Callable[[], int],
        refused: Callable[[], tuple[int, int]],
    ) -> None:
        endpoint = Endpoint(
            kind=kind,
            topic=self._name(role),
            type_name=message_type(self._config, role).__idl__.idl_transformed_typename,
            qos=qos,
            participant=None,
        )
        end = OwnEnd(role=role, endpoint=endpoint, matched=matched, refused=refused)
        self._discovery.add_own(end)

    def _listen(self, intake: Intake) -> Listener:
        participant = self._link.participant
        sources = [
            Source(reader=reader, take=intake.take(role), refuse=self._refuse(role))
            for role, reader in self._readers.items()
        ]
        # Right after the stops and before all sensors: who owns the robot, and who is there.
        sources[2:2] = [
            Source(
                reader=BuiltinDataReader(participant, topic),
                take=self._notice(kind),
                refuse=lambda why: None,
                bookkeeping=True,
            )
            for kind, topic in (
                ("writer", BuiltinTopicDcpsPublication),
                ("reader", BuiltinTopicDcpsSubscription),
            )
        ]
        self._changed()
        return Listener(
            participant,
            sources,
            watched=[*self._readers.values(), *self._writers.values()],
            changed=self._changed,
            broken=self._break,
            name=f"dds-{self._config.name}",
        )

    def _notice(self, kind: Any) -> Callable[[Any, float], None]:
        def take(sample: Any, now: float) -> None:
            with self._turn:
                if sample.sample_info.instance_state != InstanceState.Alive:
                    self._discovery.vanished(sample.key)
                elif sample.topic_name.startswith("rt/"):
                    endpoint = Endpoint(
                        kind=kind,
                        topic=sample.topic_name,
                        type_name=sample.type_name,
                        qos=sample.qos,
                        participant=sample.participant_key,
                    )
                    self._discovery.appeared(sample.key, endpoint)

        return take

    def _refuse(self, role: str) -> Callable[[str], None]:
        return lambda why: self._state.lose(channel_of(role), why=why)

    def _changed(self) -> None:
        """Looks again at who is there, and tells what is wrong."""
        for role, reader in self._readers.items():
            lost = reader.get_sample_lost_status().total_count
            if lost > self._lost.get(role, 0):
                self._state.lose(channel_of(role), lost - self._lost.get(role, 0))
                self._lost[role] = lost
        writers = matched(self._readers["estopped"].get_matched_publications)
        self._state.still_there([handle & _HANDLE for handle in writers])
        with self._turn:
            faults = self._discovery.faults()
            self._turn.notify_all()
        self._state.link(faults)
        self._events.wake()

    def _break(self, why: str) -> None:
        self._broken = why
        self._state.link({"link": why})
        self._events.wake()

    def _let_go(self) -> None:
        """Lets go of the entities, then of the domain: in this order, or DDS complains."""
        self._discovery = Discovery(self._config, None)
        self._readers, self._writers = {}, {}
        self._link.close()
