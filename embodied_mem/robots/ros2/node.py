"""One rclpy node with its own context and thread; nothing of ROS is imported before it is made.

Only what rclpy has from Jazzy (7.1) to Kilted (9.1) is used: message infos, matched events and
endpoint queries. Humble's Python (3.10) is too old for this package: use the driver `dds` there.
"""

import logging
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, final

from embodied_mem.errors import BodyError, MissingExtraError
from embodied_mem.robots.ros.topics import QosProfile, RosConfig
from embodied_mem.robots.ros2.links import Endpoint, Link
from embodied_mem.robots.ros2.messages import message_type, type_name

_log = logging.getLogger(__name__)

_NAMELESS = ("", "_NODE_NAME_UNKNOWN_", "_CREATED_BY_BARE_DDS_APP_")
"""What rmw_dds_common calls the node of an endpoint that announces none."""
_FOREVER = 1_000_000_000 * 1_000_000_000
"""Vendors write an infinite duration in several ways, all longer than this, ns."""
_SLOWEST = 1_000_000_000
"""A call of publish takes less than this, ns."""

MessageTaker = Callable[[Any, Any], None]
"""Takes a message and its info: `source_timestamp` in ns; since Kilted `publisher_gid`."""


@final
class RosNode:
    """A node whose callbacks all run in one thread."""

    def __init__(self, config: RosConfig) -> None:
        """Joins the domain; nothing is called back before `spin`.

        Raises:
            MissingExtraError: If rclpy is not installed.
            BodyError: If the middleware does not start.
        """
        try:
            import rclpy
            from rclpy.context import Context
            from rclpy.executors import SingleThreadedExecutor
            from rclpy.signals import SignalHandlerOptions
        except ImportError as error:
            raise MissingExtraError(f"a robot on rclpy ({error})", "ros2") from error
        self.config = config
        # Two brains on one robot must not be taken for one.
        self.name = f"embodied_mem_{os.getpid()}_{secrets.token_hex(3)}"
        self._rclpy = rclpy
        self._context = Context()
        try:
            rclpy.init(
                args=[],
                context=self._context,
                domain_id=config.domain,
                signal_handler_options=SignalHandlerOptions.NO,
            )
            self._node: Any = rclpy.create_node(
                self.name,
                context=self._context,
                namespace=config.namespace.strip("/"),
                use_global_arguments=False,
                enable_rosout=False,
                start_parameter_services=False,
            )
        except Exception as error:  # rclpy raises RCLError, which is a RuntimeError in some
            self._rclpy.try_shutdown(context=self._context)
            raise BodyError(f"rclpy could not join domain {config.domain}: {error}") from error
        self._executor: Any = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread: threading.Thread | None = None
        self._readers: dict[str, Any] = {}
        self._writers: dict[str, Any] = {}
        self._lenient: set[str] = set()
        self._sent: dict[str, deque[list[int]]] = {}
        self._changed = threading.Event()

    def writer(self, role: str) -> None:
        """Creates the publisher of a topic."""
        from rclpy.event_handler import PublisherEventCallbacks

        quality = self.config.quality(role)
        if quality.durability == "transient_local":
            quality = replace(quality, depth=1)  # of ours, only the newest is to be latched
        self._writers[role] = self._node.create_publisher(
            message_type(type_name(self.config, role)),
            self.config.topic(role),
            _profile(quality),
            event_callbacks=PublisherEventCallbacks(
                incompatible_qos=self._note_change,
                matched=self._note_change,
                use_default_callbacks=False,
            ),
        )

    def reader(
        self,
        role: str,
        take: MessageTaker,
        lose: Callable[[int, str], None],
        *,
        quality: QosProfile | None = None,
    ) -> None:
        """Creates a subscription of a topic.

        Args:
            role: The topic.
            take: Gets every message, in the node's thread.
            lose: Gets how many messages were lost, and why.
            quality: That of a further reader beside the one that the configuration describes.
        """
        from rclpy.event_handler import SubscriptionEventCallbacks

        further, quality = quality is not None, quality or self.config.quality(role)

        def late(_: Any) -> None:
            lose(0, f"the promise of a message every {quality.deadline} s was not kept")

        events = SubscriptionEventCallbacks(
            incompatible_qos=self._note_change,
            matched=self._note_change,
            message_lost=lambda info: lose(info.total_count_change, "lost on the way"),
            deadline=late if quality.deadline is not None else None,
            use_default_callbacks=False,
        )

        # rclpy looks at the signature: two arguments ask for the message's info.
        def taken(message: Any, info: Any) -> None:
            try:
                take(message, info)
            except Exception as error:  # one message must never end the thread that reads stops
                _log.exception("a message of %s could not be taken", self.config.topic(role))
                lose(1, f"{type(error).__name__}: {error}")

        reader = self._node.create_subscription(
            message_type(type_name(self.config, role)),
            self.config.topic(role),
            taken,
            _profile(quality),
            event_callbacks=events,
        )
        if further:
            self._lenient.add(role)
        else:
            self._readers[role] = reader

    def every(self, seconds: float, call: Callable[[], None]) -> None:
        """Has something called again and again in the node's thread."""
        from rclpy.clock import Clock
        from rclpy.clock_type import ClockType

        # Wall time may be set back, which would hold the timer up.
        self._node.create_timer(seconds, call, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def spin(self) -> None:
        """Begins to call back."""
        self._thread = threading.Thread(target=self._run, name="rclpy", daemon=True)
        self._thread.start()

    def publish(self, role: str, message: Any) -> None:
        """Sends a message; from any thread.

        Raises:
            BodyError: If the node is closed, or the middleware refuses.
        """
        writer = self._writers.get(role)
        if self._thread is not None and not self._thread.is_alive():
            raise BodyError("the thread that reads the robot's messages has ended; reconnect")
        if writer is None:
            raise BodyError(f"the link to the robot is closed; {self.config.topic(role)} not sent")
        begun = time.time_ns()
        moment = [begun, begun + _SLOWEST]  # an echo may be quicker than the call
        self._sent.setdefault(role, deque(maxlen=8)).append(moment)
        try:
            writer.publish(message)
            moment[1] = time.time_ns()
        except Exception as error:  # RCLError, InvalidHandle: all mean that it was not sent
            raise BodyError(f"could not publish to {self.config.topic(role)}: {error}") from error

    def link(self, role: str) -> Link:
        """Asks the graph who is at the other end of a topic; about 50 microseconds."""
        topic = self.config.topic(role)
        writer, reader = self._writers.get(role), self._readers.get(role)
        if reader is None and writer is not None:
            return Link(
                topic=topic,
                peers=self._others(role, self._node.get_subscriptions_info_by_topic(topic)),
                rivals=self._others(role, self._node.get_publishers_info_by_topic(topic)),
                connected=writer.get_subscription_count(),
            )
        return Link(
            topic=topic,
            peers=self._others(role, self._node.get_publishers_info_by_topic(topic)),
            connected=0 if reader is None else reader.get_publisher_count(),
        )

    def is_own(self, role: str, info: Any) -> bool:
        """Tells whether a message is an echo of our own.

        rclpy cannot leave these out, and names a message's publisher only since Kilted. So the
        time of sending decides: an echo's lies within our call of `publish`. A stop of somebody
        else in the very same moment changes nothing, for we are sending one.
        """
        sent = info["source_timestamp"]
        return any(begun <= sent <= ended for begun, ended in list(self._sent.get(role, ())))

    def wait_for_change(self, seconds: float) -> None:
        """Waits until somebody was connected or lost, or the time is over."""
        self._changed.wait(seconds)
        self._changed.clear()

    def close(self) -> None:
        """Leaves the domain; safe to call twice."""
        self._writers.clear()
        if self._node is None:
            return
        self._executor.shutdown(timeout_sec=1.0)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(2.0)
        self._node.destroy_node()
        self._node = None
        self._rclpy.try_shutdown(context=self._context)

    def _run(self) -> None:
        from rclpy.executors import ExternalShutdownException

        try:
            self._executor.spin()
        except ExternalShutdownException:
            return  # that is how close() ends it

    def _note_change(self, _: Any) -> None:
        self._changed.set()

    def _others(self, role: str, found: Any) -> tuple[Endpoint, ...]:
        others = []
        for info in found:
            if info.node_name == self.name:
                continue
            problem, key = self._problem(role, info), bytes(info.endpoint_gid)
            others.append(Endpoint(node=_node_name(info), problem=problem, key=key))
        return tuple(others)

    def _problem(self, role: str, info: Any) -> str:
        """Says why an endpoint and ours cannot talk; those beside ours have nothing to fit."""
        from rclpy.qos import QoSCompatibility, qos_check_compatible
        from rclpy.topic_endpoint_info import TopicEndpointTypeEnum

        expected = type_name(self.config, role)
        if info.topic_type != expected:
            return f"its type is {info.topic_type}, ours {expected}"
        if role in self._lenient:
            return ""
        ours = _profile(self.config.quality(role))
        writes = info.endpoint_type == TopicEndpointTypeEnum.PUBLISHER
        theirs = _without_infinities(info.qos_profile)
        pair = (theirs, ours) if writes else (ours, theirs)
        verdict, why = qos_check_compatible(*pair)
        return f"its QoS: {why}" if verdict == QoSCompatibility.ERROR else ""


def source_key(info: Any) -> bytes:
    """Returns what tells a message's publisher from others; empty before Kilted."""
    gid = info.get("publisher_gid") if isinstance(info, dict) else None
    return bytes(gid["data"]) if gid else b""


def source_time(info: Any) -> float:
    """Returns when a message was sent, by its sender's clock, s."""
    return 1e-9 * float(info["source_timestamp"])


def _node_name(info: Any) -> str:
    if info.node_name in _NAMELESS:
        return "a program without ROS"
    return f"{info.node_namespace.rstrip('/')}/{info.node_name}"


def _without_infinities(profile: Any) -> Any:
    """Writes them as 0: rclpy's check knows no other, and takes it for a demand."""
    from rclpy.duration import Duration

    for name in ("deadline", "lifespan", "liveliness_lease_duration"):
        if getattr(profile, name).nanoseconds > _FOREVER:
            setattr(profile, name, Duration())
    return profile


def _profile(quality: QosProfile) -> Any:
    from rclpy.duration import Duration
    from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

    profile = QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=quality.depth,
        reliability=ReliabilityPolicy[quality.reliability.upper()],
        durability=DurabilityPolicy[quality.durability.upper()],
    )
    if quality.deadline is not None:
        profile.deadline = Duration(nanoseconds=round(quality.deadline * 1e9))
    return profile
