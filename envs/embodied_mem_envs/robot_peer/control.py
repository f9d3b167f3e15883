"""Faults on request: one line in, one line out."""

from collections.abc import Callable, Sequence
from typing import Protocol, final

from embodied_mem_envs.robot_peer.arm import JOINTS
from embodied_mem_envs.robot_peer.faults import Faults

HELP = """\
freeze|stop|resume camera|odom|joints
                         the same again and again; nothing at all; as usual
depth zero|nan|ok        nothing in the depth pictures is valid
odom nan|ok              odometry that is not finite
clock SECONDS            the robot's clock is so far ahead; 0 sets it right
estop                    presses the button on the robot
reset                    releases it
publish cmd_vel FORWARD TURN
                         somebody else steers, too, ten times a second
unpublish                who ends
qos TOPIC WORD...        best_effort, reliable, volatile or transient_local
malformed image [COUNT]  so many pictures are broken, each in another way
oversized image MB       one picture is so large
box METRES|off           a board stands in the way, so far before the body's edge
pause SECONDS            the robot's computer hangs; its drives time out by themselves
stick NUMBER|off         a joint of the arm, from 1, does not move any more
help                     these lines"""


class Hands(Protocol):
    """What lines reach beside the faults."""

    def press(self) -> None:
        """Presses the emergency stop's button."""

    def release(self) -> None:
        """Releases the button."""

    def usurp(self, forward: float, turn: float) -> None:
        """Begins to publish commands as a second owner, m/s and rad/s."""

    def abdicate(self) -> None:
        """Ends what `usurp` began."""

    def spoil(self, topic: str, words: Sequence[str]) -> str:
        """Gives a topic another QoS; returns what is wrong with the request."""

    def pause(self, seconds: float) -> None:
        """Hangs for a while."""

    def stick(self, joint: int | None) -> None:
        """Blocks a joint, from 0; None lets it go."""


@final
class Control:
    """Carries out lines."""

    def __init__(self, faults: Faults, hands: Hands) -> None:
        self._faults = faults
        self._hands = hands
        self._verbs: dict[str, Callable[..., str | None]] = {
            "freeze": lambda name: self._sensor("frozen", name),
            "stop": lambda name: self._sensor("stopped", name),
            "resume": lambda name: self._sensor("", name),
            "depth": self._depth,
            "odom": self._odom,
            "clock": self._clock,
            "estop": hands.press,
            "reset": hands.release,
            "publish": self._publish,
            "unpublish": hands.abdicate,
            "qos": lambda name, *words: hands.spoil(name, words),
            "malformed": self._malformed,
            "oversized": self._oversized,
            "box": self._box,
            "pause": lambda seconds: hands.pause(float(seconds)),
            "stick": self._stick,
        }

    def obey(self, line: str) -> str:
        """Carries out one line and returns the answer: `ok`, `error: why`, or the help."""
        verb, *words = line.split() or [""]
        if verb == "help":
            return HELP
        if verb not in self._verbs:
            return f"error: no line begins with {verb!r}; `help` lists them"
        try:
            wrong = self._verbs[verb](*words)
        except (TypeError, ValueError) as error:
            return f"error: {error}; `help` shows what is expected"
        return f"error: {wrong}" if wrong else "ok"

    def _sensor(self, state: str, name: str) -> None:
        if name not in ("camera", "odom", "joints"):
            raise ValueError(f"no sensor {name!r}")
        self._faults.sensors[name] = state

    def _depth(self, word: str) -> None:
        if word not in ("zero", "nan", "ok"):
            raise ValueError(f"depth can be zero, nan or ok, not {word!r}")
        self._faults.depth = "" if word == "ok" else word

    def _odom(self, word: str) -> None:
        if word not in ("nan", "ok"):
            raise ValueError(f"odom can be nan or ok, not {word!r}")
        self._faults.odom_nan = word == "nan"

    def _clock(self, seconds: str) -> None:
        self._faults.clock = float(seconds)

    def _publish(self, topic: str, forward: str, turn: str) -> None:
        if topic != "cmd_vel":
            raise ValueError("only cmd_vel can be published")
        self._hands.usurp(float(forward), float(turn))

    def _malformed(self, what: str, count: str = "1") -> None:
        _only_image(what)
        self._faults.malformed = int(count)

    def _oversized(self, what: str, megabytes: str) -> None:
        _only_image(what)
        self._faults.oversized = int(float(megabytes) * 1e6)

    def _box(self, metres: str) -> None:
        self._faults.box = None if metres == "off" else float(metres)

    def _stick(self, number: str) -> None:
        joint = None if number == "off" else int(number) - 1
        if joint is not None and not 0 <= joint < len(JOINTS):
            raise ValueError(f"joints are 1 to {len(JOINTS)}, not {number}")
        self._hands.stick(joint)


def _only_image(what: str) -> None:
    if what != "image":
        raise ValueError(f"only an image can be that, not {what!r}")
