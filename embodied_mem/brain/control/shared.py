"""The memory that a brain and its control process share: a versioned header and four rings.

Everything has a fixed place and a fixed size and is read as plain numbers and text; nothing that
the other side wrote is ever unpickled or executed.
"""

import struct
import time
from multiprocessing.shared_memory import SharedMemory
from typing import Literal, cast, final, get_args

import numpy as np

from embodied_mem.brain.control.lateness import LATENESS_CELLS, Lateness
from embodied_mem.brain.control.reflexes import Done, ReflexEvent, ReflexKind
from embodied_mem.brain.control.ring import Ring, ring_size
from embodied_mem.errors import BodyError
from embodied_mem.robots.arm import ArmState
from embodied_mem.types import Command

LAYOUT_VERSION = 1
Order = Literal["stop", "clear", "quit"]
"""What a brain may ask of a control process besides commands."""
Phase = Literal["starting", "running", "ended", "failed"]

_ORDERS: tuple[Order, ...] = get_args(Order)
_PHASES: tuple[Phase, ...] = get_args(Phase)
_KINDS: tuple[ReflexKind, ...] = get_args(ReflexKind)
_DONES: tuple[Done, ...] = get_args(Done)
_MAGIC = b"emcontrl"
_TEXT = 256
_HEADER = struct.Struct("<8sII d")
_PHASE = struct.Struct(f"<I{_TEXT}s")
_BEAT = struct.Struct("<q")
_STOPPED = struct.Struct(f"<{_TEXT}s")
_PHASE_AT = 32
_BEAT_AT = 320
_SCHEDULING_AT = 328
_STOPPED_AT = 336
_LATENESS_AT = 640
_RINGS_AT = _LATENESS_AT + 8 * LATENESS_CELLS
_STATE_SLOTS, _COMMAND_SLOTS, _ORDER_SLOTS, _EVENT_SLOTS = 16, 16, 32, 256
_ORDER_FIELDS, _EVENT_FIELDS = f"I{_TEXT}s", "qIIdd96s"


@final
class ControlMemory:
    """One block of shared memory, seen from either side."""

    def __init__(self, memory: SharedMemory, joints: int, rate: float) -> None:
        """Lays the block out; use `create` or `attach`."""
        self._memory = memory
        self.joints, self.rate = joints, rate
        view = memory.buf
        assert view is not None
        self._view = view
        offset = _RINGS_AT
        rings = []
        for slots, fields in _rings(joints):
            rings.append(Ring(view, offset, slots, fields))
            offset += ring_size(slots, fields)
        self._states, self._commands, self._orders, self._events = rings

    @classmethod
    def create(cls, joints: int, rate: float) -> "ControlMemory":
        """Makes a new block for an arm with some joints and a loop of some rate, Hz."""
        size = _RINGS_AT + sum(ring_size(slots, fields) for slots, fields in _rings(joints))
        memory = SharedMemory(create=True, size=size)
        assert memory.buf is not None
        _HEADER.pack_into(memory.buf, 0, _MAGIC, LAYOUT_VERSION, joints, rate)
        return cls(memory, joints, rate)

    @classmethod
    def attach(cls, name: str) -> "ControlMemory":
        """Opens a block that another process made.

        Raises:
            BodyError: If it is none of ours or of another version.
        """
        memory = SharedMemory(name=name)
        assert memory.buf is not None
        magic, version, joints, rate = _HEADER.unpack_from(memory.buf, 0)
        if magic != _MAGIC or version != LAYOUT_VERSION:
            memory.close()
            raise BodyError(
                f"shared memory {name} has layout {magic!r} {version}; expected {LAYOUT_VERSION}"
            )
        return cls(memory, joints, rate)

    @property
    def name(self) -> str:
        """By which another process attaches."""
        return self._memory.name

    def release(self, *, unlink: bool) -> None:
        """Lets go of the block; whoever created it also removes it."""
        self._memory.close()
        if unlink:
            self._memory.unlink()

    # What the control process writes.

    def write_state(self, state: ArmState) -> None:
        """Publishes readings."""
        self._states.write(
            state.tick,
            state.opening,
            state.grip,
            state.contact,
            *state.joints.tolist(),
            *state.velocities.tolist(),
            *state.efforts.tolist(),
        )

    def write_event(self, event: ReflexEvent) -> None:
        """Publishes what the loop did."""
        self._events.write(
            event.tick,
            _KINDS.index(event.kind),
            _DONES.index(event.done),
            event.value,
            event.limit,
            event.detail.encode()[:96],
        )

    def write_phase(self, phase: Phase, error: str = "") -> None:
        """Says how far the control process is."""
        _PHASE.pack_into(self._view, _PHASE_AT, _PHASES.index(phase), error.encode()[:_TEXT])

    def write_stopped(self, reason: str) -> None:
        """Says whether the arm is stopped, and why."""
        _STOPPED.pack_into(self._view, _STOPPED_AT, reason.encode()[:_TEXT])

    def write_scheduling(self, real_time: bool) -> None:
        """Says whether the system runs the loop before everything else."""
        _BEAT.pack_into(self._view, _SCHEDULING_AT, int(real_time))

    def beat(self, lateness: Lateness) -> None:
        """Shows that the control process is alive, and how punctual."""
        self._view[_LATENESS_AT:_RINGS_AT] = lateness.cells.tobytes()
        _BEAT.pack_into(self._view, _BEAT_AT, time.monotonic_ns())

    # What the brain reads.

    def state(self) -> ArmState | None:
        """Returns the newest readings; None before the first."""
        found = self._states.newest()
        if found is None:
            return None
        values = cast("tuple[float, ...]", found[1])
        joints = np.array(values[4:]).reshape(3, self.joints)
        return ArmState(
            tick=int(values[0]),
            opening=values[1],
            grip=values[2],
            contact=values[3],
            joints=joints[0],
            velocities=joints[1],
            efforts=joints[2],
        )

    def events_after(self, number: int) -> tuple[int, list[ReflexEvent]]:
        """Returns the events after a number that are still there, and how many there ever were."""
        count, records = self._events.after(number)
        return count, [_event(record) for record in records]

    def phase(self) -> tuple[Phase, str]:
        """Returns how far the control process is, and why it failed."""
        index, error = _PHASE.unpack_from(self._view, _PHASE_AT)
        return _PHASES[index], _text(error)

    def stopped(self) -> str:
        """Returns why the arm is stopped; empty where it is not."""
        return _text(_STOPPED.unpack_from(self._view, _STOPPED_AT)[0])

    def real_time(self) -> bool:
        """Tells whether the system runs the loop before everything else."""
        return bool(_BEAT.unpack_from(self._view, _SCHEDULING_AT)[0])

    def lateness(self) -> Lateness:
        """Returns how punctual the loop has been."""
        cells = np.frombuffer(bytes(self._view[_LATENESS_AT:_RINGS_AT]), np.int64)
        return Lateness(1.0 / self.rate, cells)

    def silence(self) -> float:
        """Returns for how long the control process has shown no life, s."""
        return 1e-9 * (time.monotonic_ns() - int(_BEAT.unpack_from(self._view, _BEAT_AT)[0]))

    # What the brain writes and the control process reads.

    def write_command(self, command: Command) -> None:
        """Leaves a command for the next tick.

        Raises:
            BodyError: If it has not one number a joint.
        """
        joints = command.joints or (0.0,) * self.joints
        if len(joints) != self.joints:
            raise BodyError(f"a command has {len(joints)} joints; the arm has {self.joints}")
        given = (command.joints is not None) + 2 * (command.gripper is not None)
        self._commands.write(given, command.gripper or 0.0, *joints)

    def newest_command(self) -> tuple[int, Command] | None:
        """Returns number and content of the newest command; None before the first."""
        found = self._commands.newest()
        if found is None:
            return None
        given, gripper, *joints = cast("tuple[float, ...]", found[1])
        return found[0], Command(
            joints=tuple(joints) if int(given) & 1 else None,
            gripper=gripper if int(given) & 2 else None,
        )

    def write_order(self, order: Order, reason: str = "") -> None:
        """Asks for something that must not be lost."""
        self._orders.write(_ORDERS.index(order), reason.encode()[:_TEXT])

    def orders_after(self, number: int) -> tuple[int, list[tuple[Order, str]]]:
        """Returns the orders after a number that are still there, and how many there ever were."""
        count, records = self._orders.after(number)
        return count, [
            (_ORDERS[cast("int", order)], _text(cast("bytes", reason))) for order, reason in records
        ]


def _rings(joints: int) -> tuple[tuple[int, str], ...]:
    return (
        (_STATE_SLOTS, f"q{3 + 3 * joints}d"),
        (_COMMAND_SLOTS, f"I{1 + joints}d"),
        (_ORDER_SLOTS, _ORDER_FIELDS),
        (_EVENT_SLOTS, _EVENT_FIELDS),
    )


def _event(record: tuple[object, ...]) -> ReflexEvent:
    tick, kind, done, value, limit, detail = record
    return ReflexEvent(
        tick=cast("int", tick),
        kind=_KINDS[cast("int", kind)],
        done=_DONES[cast("int", done)],
        value=cast("float", value),
        limit=cast("float", limit),
        detail=_text(cast("bytes", detail)),
    )


def _text(data: bytes) -> str:
    # Text that was cut to fit may end within a character.
    return data.rstrip(b"\0").decode(errors="ignore")
