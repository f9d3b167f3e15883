"""Shared memory: whole records or none, never half ones."""

import threading
from multiprocessing.shared_memory import SharedMemory

import numpy as np
import pytest

from embodied_mem.brain.control.reflexes import ReflexEvent
from embodied_mem.brain.control.ring import Ring, ring_size, ring_stride
from embodied_mem.brain.control.shared import ControlMemory
from embodied_mem.errors import BodyError
from embodied_mem.robots.arm import ArmState
from embodied_mem.types import Command


def make(slots: int) -> tuple[bytearray, Ring, Ring]:
    memory = bytearray(ring_size(slots, "qd"))
    return (
        memory,
        Ring(memoryview(memory), 0, slots, "qd"),
        Ring(memoryview(memory), 0, slots, "qd"),
    )


def test_the_newest_record_is_read_and_older_ones_while_they_last() -> None:
    _, writer, reader = make(4)
    assert reader.newest() is None
    for value in range(6):
        writer.write(value, 0.5 * value)
    assert reader.newest() == (6, (5, 2.5))
    count, found = reader.after(1)
    assert (count, [values[0] for values in found]) == (6, [2, 3, 4, 5])
    assert reader.after(6) == (6, [])


def test_a_damaged_record_is_never_returned() -> None:
    for byte in range(ring_stride("qd") - 4):
        memory, writer, reader = make(1)
        writer.write(7, 1.5)
        memory[8 + byte] ^= 1
        assert reader.newest() is None


def test_a_reader_beside_a_writer_sees_only_whole_records() -> None:
    _, writer, reader = make(2)
    done = threading.Event()

    def write() -> None:
        for value in range(30_000):
            writer.write(value, 2.0 * value)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    last = -1
    while not done.is_set():
        found = reader.newest()
        if found is not None:
            value, double = found[1]
            assert double == 2.0 * value  # type: ignore[operator]
            assert value >= last  # type: ignore[operator]
            last = value  # type: ignore[assignment]
    thread.join()


def test_everything_comes_out_of_the_memory_as_it_went_in() -> None:
    ours = ControlMemory.create(3, 100.0)
    theirs = ControlMemory.attach(ours.name)
    assert (theirs.joints, theirs.rate) == (3, 100.0)
    state = ArmState(
        tick=12, joints=np.arange(3.0), velocities=np.ones(3), efforts=-np.ones(3),
        opening=0.04, grip=3.0, contact=7.0,
    )  # fmt: skip
    theirs.write_state(state)
    read = ours.state()
    assert read is not None
    assert (read.tick, read.opening, read.grip, read.contact) == (12, 0.04, 3.0, 7.0)
    assert np.array_equal(read.joints, state.joints)
    assert np.array_equal(read.efforts, state.efforts)
    for command in (Command(), Command(gripper=0.0), Command(joints=(1.0, 2.0, 3.0), gripper=0.02)):
        ours.write_command(command)
        found = theirs.newest_command()
        assert found is not None
        assert found[1] == command
    event = ReflexEvent(tick=4, kind="contact", value=50.0, limit=40.0, done="stopped", detail="ü")
    theirs.write_event(event)
    assert ours.events_after(0) == (1, [event])
    ours.write_order("stop", "x" * 300)
    assert theirs.orders_after(0) == (1, [("stop", "x" * 256)])
    with pytest.raises(BodyError, match="3"):
        ours.write_command(Command(joints=(1.0,)))
    theirs.release(unlink=False)
    ours.release(unlink=True)


def test_memory_of_another_kind_is_refused() -> None:
    block = SharedMemory(create=True, size=8192)
    try:
        with pytest.raises(BodyError, match="layout"):
            ControlMemory.attach(block.name)
    finally:
        block.close()
        block.unlink()
