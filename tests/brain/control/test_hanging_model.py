"""The brainstem while the model hangs: a reflex takes one tick, whatever the brain waits for."""

import threading
import time

from embodied_mem.brain.control.clock import Clock
from embodied_mem.brain.control.loop import ControlLoop
from embodied_mem.brain.control.process_host import run_in_process
from embodied_mem.brain.control.thread_host import run_in_thread
from embodied_mem.types import Command
from kinematic_arm import JOINTS, KinematicArm, TouchingArm, wide_limits


def test_a_contact_is_answered_in_its_tick_while_a_call_hangs() -> None:
    release = threading.Event()
    thought = Clock("wall", limit=60.0).think(release.wait, tick=0)
    arm = KinematicArm()
    loop = ControlLoop(arm, wide_limits())
    while not thought.done(arm.ticks) and not loop.stopped:
        if arm.ticks == 60:
            arm.contact = 90.0
        loop.tick(Command(joints=(0.004 * arm.ticks,) * JOINTS))
    assert loop.events[0].tick == 60
    assert arm.ticks == 61
    assert not thought.done(arm.ticks)
    release.set()


def test_a_thread_of_its_own_answers_while_the_brain_waits_for_a_result() -> None:
    arm = KinematicArm()
    host = run_in_thread(ControlLoop(arm, wide_limits()))
    thought = Clock("wall", limit=60.0).think(lambda: time.sleep(0.3), tick=0)
    threading.Timer(0.1, lambda: setattr(arm, "contact", 90.0)).start()
    thought.result()  # the brain does nothing else meanwhile
    assert host.stopped == "contact"
    assert host.lateness.ticks > 30
    host.close()


def test_a_process_of_its_own_answers_while_the_brain_sleeps() -> None:
    host = run_in_process(TouchingArm, wide_limits(), rate=200.0)
    host.post(Command(joints=(0.1,) * JOINTS))
    end = time.monotonic() + 10.0
    while not host.stopped and time.monotonic() < end:
        time.sleep(0.2)
    events = [event for event in host.since(0) if event.kind == "contact"]
    assert [event.tick for event in events] == [TouchingArm.TOUCHES_AT]
    host.close()
