"""The whole robot: mechanics, camera and wire, each moved on by a thread of its own."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np

from embodied_mem.robots.dds.messages import Bool, TwistStamped, time_of
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.generate import generate_house
from embodied_mem_envs.robot_peer.body_messages import battery, joint_state, odometry
from embodied_mem_envs.robot_peer.camera import PeerCamera
from embodied_mem_envs.robot_peer.config import PeerConfig
from embodied_mem_envs.robot_peer.faults import Faults
from embodied_mem_envs.robot_peer.log import LogWriter
from embodied_mem_envs.robot_peer.mechanics import Mechanics, Moment
from embodied_mem_envs.robot_peer.pacer import at_rate
from embodied_mem_envs.robot_peer.second_owner import SecondOwner
from embodied_mem_envs.robot_peer.wire import Wire
from embodied_mem_envs.robot_peer.wire_names import (
    COLOUR,
    DEPTH,
    INFO,
    INSTANCE,
    LABELS,
    TRAJECTORY,
)

_PHYSICS_HZ = 200.0
_LOG_HZ = 50.0
_BATTERY_HZ = 1.0
_LATE = 0.5


@final
class PeerRobot:
    """Runs from `start` to `close`; the other methods are the hands of who stands beside it."""

    def __init__(self, config: PeerConfig) -> None:
        """Builds the house and joins the wire; nothing moves or is sent yet.

        Raises:
            BodyError: If the DDS domain cannot be joined.
            HouseError: If there is no such house.
        """
        self.faults = Faults()
        self._config = config
        house = generate_house(config.seed, HouseConfig(rooms=config.rooms))
        self._origin = (0.0, 0.0, 0.0)
        if config.odom_at == "start":
            self._origin = config.start or house.start
        self._began = time.monotonic()
        self._wall = time.time() - self._began
        self._mechanics = Mechanics(house, config, self._began)
        self._camera = PeerCamera(house, config, self.faults)
        self._sensed = self._mechanics.moment
        self._felt = (np.zeros(0), np.zeros(0))
        self._was_stopped = False
        self._due: dict[str, float] = {}
        self._sent: dict[str, int] = {}
        self._log = LogWriter(config.log)
        self._end = threading.Event()
        self._threads: list[threading.Thread] = []
        self._waking = threading.Timer(0.0, self.faults.paused.clear)
        self._usurper: SecondOwner | None = None
        pictures = [COLOUR + "/compressed" * config.compressed, DEPTH, INFO]
        detector = [INSTANCE, LABELS] * config.detector
        sends = ["odom", "estopped", "battery", *pictures, *detector]
        self._wire = Wire(
            config,
            sends + ["joint_states"] * config.arm,
            ["cmd_vel", "e_stop", "e_stop_reset"] + [TRAJECTORY] * config.arm,
        )

    def start(self) -> None:
        """Begins to move, to look, to listen and to speak."""
        self._log.write("start", time.monotonic(), wall=self._wall)
        self._send("estopped", Bool(data=False))
        if self._config.detector:
            self._send(LABELS, self._camera.labels())
        self._run("drives", lambda: at_rate(_PHYSICS_HZ, self._drive, self._end, late=_LATE))
        rate = self._config.camera_hz
        self._run("camera", lambda: at_rate(rate, self._look, self._end, late=_LATE))
        self._run("wire", self._listen)

    def close(self) -> None:
        """Stops all threads and leaves the wire; safe to call twice."""
        self.abdicate()
        self._end.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self._wire.close()
        self._log.close()

    # -- what goes on by itself ----------------------------------------------------------------

    def _run(self, name: str, loop: Callable[[], None]) -> None:
        thread = threading.Thread(target=loop, name=f"robot {name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _drive(self, _: float) -> None:
        moment = self._mechanics.advance(time.monotonic())
        if self._is_due("log", _LOG_HZ, moment.time):
            self._note(moment)
        if moment.stopped != self._was_stopped:
            self._was_stopped = moment.stopped
            # Not the moment's own time, the last whole step's: no stop is noticed before it came.
            self._log.write("estopped", time.monotonic(), value=moment.stopped)
            self._send("estopped", Bool(data=moment.stopped))
        if self.faults.paused.is_set():
            return
        if self._is_due("odom", self._config.odom_hz, moment.time):
            self._sense(moment)
        if self._is_due("battery", _BATTERY_HZ, moment.time):
            self._send("battery", battery(moment.time - self._began))

    def _sense(self, moment: Moment) -> None:
        """Sends odometry and joints."""
        states = self.faults.sensors
        clock = self._clock(moment.time)
        if states.get("odom") != "frozen":
            self._sensed = moment
        if states.get("odom") != "stopped":
            broken = self.faults.odom_nan
            self._send("odom", odometry(self._sensed.base, self._origin, clock, broken=broken))
        arm = self._mechanics.arm
        if arm is not None and states.get("joints") != "stopped":
            if states.get("joints") != "frozen":
                self._felt = arm.positions, arm.velocities
            self._send("joint_states", joint_state(*self._felt, clock))

    def _look(self, _: float) -> None:
        if self.faults.paused.is_set() or self.faults.sensors.get("camera") == "stopped":
            return
        moment = self._mechanics.moment
        pose = (moment.base.x, moment.base.y, moment.base.yaw)
        clock = self._clock(moment.time)
        sent = [self._send(topic, message) for topic, message in self._camera.messages(pose, clock)]
        self._log.write("picture", moment.time, stamp=clock, sent=all(sent))

    def _listen(self) -> None:
        while not self._end.is_set():
            if self.faults.paused.is_set():
                self._end.wait(0.01)
            else:
                self._wire.hear(0.1, self._heard)

    def _heard(self, topic: str, message: Any) -> None:
        """Takes one message: does what it says, and writes down what it was."""
        now = time.monotonic()
        info = message.sample_info
        sent = 1e-9 * info.source_timestamp
        about = {
            "sent": round(sent - self._wall, 6),
            "source": f"{info.publication_handle % 2**64:x}",
        }
        if topic == "cmd_vel":
            twist = message.twist if isinstance(message, TwistStamped) else message
            forward, turn = twist.linear.x, twist.angular.z
            followed = self._is_fresh(message, now) and self._mechanics.command(forward, turn, now)
            self._log.write(topic, now, forward=forward, turn=turn, followed=followed, **about)
        elif topic == TRAJECTORY:
            points = [list(point.positions) for point in message.points]
            times = [time_of(point.time_from_start) for point in message.points]
            names = list(message.joint_names)
            refused = self._mechanics.follow(names, points, times, now)
            self._log.write(
                "trajectory",
                now,
                joints=names,
                positions=points,
                times=times,
                refused=refused,
                **about,
            )
        else:
            if message.data:
                (self._mechanics.stop if topic == "e_stop" else self._mechanics.reset)(sent)
            self._log.write(topic, now, value=bool(message.data), **about)

    def _is_fresh(self, message: Any, now: float) -> bool:
        """Whether a command's stamp, if it has one, is younger than the drives' timeout.

        As diff_drive_controller has it (ros2_controllers, `cmd_vel_timeout`); 0 means now.
        """
        if not isinstance(message, TwistStamped):
            return True
        stamp = time_of(message.header.stamp)
        return stamp == 0.0 or self._clock(now) - stamp <= self._config.base.cmd_vel_timeout

    # -- hands ---------------------------------------------------------------------------------

    def press(self) -> None:
        """Presses the emergency stop's button."""
        self._mechanics.press(True)

    def release(self) -> None:
        """Releases the button."""
        self._mechanics.press(False)

    def usurp(self, forward: float, turn: float) -> None:
        """Begins to publish commands as a second owner with a participant of its own."""
        self.abdicate()
        self._usurper = SecondOwner(self._wire, forward, turn)
        self._log.write("usurp", time.monotonic(), source=self._usurper.source)

    def abdicate(self) -> None:
        """Ends what `usurp` began."""
        if self._usurper is not None:
            self._usurper.close()
            self._usurper = None

    def spoil(self, topic: str, words: Sequence[str]) -> str:
        """Gives a topic another QoS; returns what is wrong with the request."""
        return self._wire.spoil(topic, words)

    def pause(self, seconds: float) -> None:
        """Hangs for a while, as a computer does."""
        self._waking.cancel()  # an earlier pause must not end this one
        self.faults.paused.set()
        self._waking = threading.Timer(seconds, self.faults.paused.clear)
        self._waking.start()

    def stick(self, joint: int | None) -> None:
        """Blocks a joint, from 0; None lets it go."""
        if self._mechanics.arm is None:
            raise ValueError("there is no arm")
        self._mechanics.arm.stuck = joint

    # -- inside --------------------------------------------------------------------------------

    def _clock(self, now: float) -> float:
        """Returns the robot's own clock at a time, s since 1970."""
        return self._wall + now + self.faults.clock

    def _send(self, topic: str, message: Any) -> bool:
        taken = self._wire.send(topic, message, self._clock(time.monotonic()))
        self._sent[topic] = self._sent.get(topic, 0) + taken
        return taken

    def _is_due(self, what: str, hertz: float, now: float) -> bool:
        if now < self._due.get(what, now) - 1e-6:
            return False
        due = self._due.get(what, now) + 1.0 / hertz
        self._due[what] = due if due > now else now + 1.0 / hertz
        return True

    def _note(self, moment: Moment) -> None:
        base = moment.base
        arm = self._mechanics.arm
        joints = {} if arm is None else {"joints": [round(float(q), 5) for q in arm.positions]}
        self._log.write(
            "state",
            moment.time,
            x=round(base.x, 5),
            y=round(base.y, 5),
            yaw=round(base.yaw, 5),
            forward=round(base.forward, 5),
            turn=round(base.turn, 5),
            collided=base.collided,
            stopped=moment.stopped,
            odometries=self._sent.get("odom", 0),
            **joints,
        )
