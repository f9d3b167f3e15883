"""Hosts: the loop goes on without the brain, and ends with the arm at rest."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embodied_mem.brain.control.host import ControlHost
from embodied_mem.brain.control.lateness import Lateness, Pacer
from embodied_mem.brain.control.loop import ControlLoop
from embodied_mem.brain.control.process_host import ProcessHost, run_in_process
from embodied_mem.brain.control.thread_host import run_in_thread
from embodied_mem.errors import BodyError
from embodied_mem.types import Command
from kinematic_arm import JOINTS, KinematicArm, broken_arm, wide_limits

RATE = 200.0


def wait_until(what: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


@pytest.fixture(params=["thread", "process"])
def host(request: pytest.FixtureRequest) -> Iterator[ControlHost]:
    made: ControlHost
    if request.param == "thread":
        made = run_in_thread(ControlLoop(KinematicArm(), wide_limits()))
    else:
        made = run_in_process(KinematicArm, wide_limits(), rate=RATE)
    yield made
    made.close()


def test_a_host_moves_the_arm_watches_and_stops(host: ControlHost) -> None:
    host.post(Command(joints=(0.2,) * JOINTS, gripper=0.05))
    wait_until(lambda: host.state().joints[0] > 0.0)
    wait_until(lambda: any(event.kind == "watchdog" for event in host.since(0)))
    host.stop("enough")
    wait_until(lambda: host.stopped == "enough")
    held = host.state().joints[0]
    host.post(Command(joints=(1.0,) * JOINTS))
    tick = host.state().tick
    wait_until(lambda: host.state().tick > tick + 20)
    assert host.state().joints[0] == pytest.approx(held, abs=0.05)
    host.clear()
    wait_until(lambda: host.stopped == "")
    host.post(Command(joints=(1.0,) * JOINTS))
    wait_until(lambda: host.state().joints[0] > held + 1e-4)
    assert [event.kind for event in host.since(0)][:3] == ["watchdog", "stop", "clear"]
    assert host.lateness.ticks > 20
    host.close()
    assert not host.alive
    assert host.error == ""
    assert host.since(0)[-1].detail == "the loop ends"
    with pytest.raises(BodyError, match="closed"):
        host.post(Command())
    host.close()


def test_a_thread_that_fails_says_so() -> None:
    arm = KinematicArm()
    host = run_in_thread(ControlLoop(arm, wide_limits()))

    def fail(command: Command) -> Command:
        raise BodyError("the link is down")

    arm.act = fail  # type: ignore[method-assign]
    wait_until(lambda: not host.alive)
    assert host.error == "the link is down"
    assert arm.closed
    with pytest.raises(BodyError, match="link"):
        host.state()


def test_an_arm_that_cannot_be_made_is_reported() -> None:
    with pytest.raises(BodyError, match="no such arm"):
        run_in_process(broken_arm, wide_limits(), rate=RATE)


def test_a_terminated_process_stops_the_arm_first() -> None:
    host = run_in_process(KinematicArm, wide_limits(), rate=RATE)
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        host.post(Command(joints=(2.0,) * JOINTS))
        time.sleep(0.005)
    os.kill(host.pid, signal.SIGTERM)
    wait_until(lambda: not host.alive)
    assert host.error == ""
    assert host.since(0)[-1].detail == f"signal {int(signal.SIGTERM)}"
    host.close()


BRAIN = """
import sys, time
from pathlib import Path
sys.path.insert(0, {support!r})
from embodied_mem.brain.control.process_host import run_in_process
from embodied_mem.types import Command
from kinematic_arm import LoggingArm, wide_limits

if __name__ == "__main__":
    host = run_in_process(LoggingArm, wide_limits(), rate=200.0, orphan_seconds=1.0)
    print(host.pid, flush=True)
    while True:
        host.post(Command(joints=(2.0,) * 7))
        time.sleep(0.005)
"""


def start_brain(folder: Path) -> tuple[subprocess.Popen[str], Path]:
    script, log = folder / "brain.py", folder / "log.jsonl"
    support = str(Path(__file__).parents[2] / "support")
    script.write_text(BRAIN.format(support=support))
    brain = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "ARM_LOG": str(log)},
    )
    assert brain.stdout is not None
    assert int(brain.stdout.readline()) > 0
    return brain, log


def read(log: Path) -> list[dict[str, float]]:
    lines = log.read_text().splitlines() if log.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_the_arm_is_held_when_the_brain_is_halted_or_killed(
    tmp_path: Path, number: signal.Signals
) -> None:
    brain, log = start_brain(tmp_path)
    try:
        wait_until(lambda: len(read(log)) > 40)
        os.kill(brain.pid, number)
        before = len(read(log))
        wait_until(lambda: len(read(log)) > before + 130)  # it goes on, at its rate
        lines = read(log)
        seconds = lines[-1]["time"] - lines[before]["time"]
        assert seconds == pytest.approx((len(lines) - 1 - before) / RATE, abs=0.1)
        assert lines[-1]["joint"] == lines[-2]["joint"]  # and holds
        if number == signal.SIGKILL:
            wait_until(lambda: "closed" in read(log)[-1])  # and releases an arm nobody wants
    finally:
        os.kill(brain.pid, signal.SIGCONT) if number == signal.SIGSTOP else None
        brain.terminate()
        brain.wait()
        assert brain.stdout is not None
        brain.stdout.close()


def test_delays_are_counted_without_growing() -> None:
    lateness = Lateness(0.005)
    for _ in range(999):
        lateness.add(80_000)
    lateness.add(26_000_000, skipped=4)
    assert (lateness.ticks, lateness.late) == (1004, 5)
    assert lateness.share == pytest.approx(5 / 1004)
    assert lateness.quantile(0.5) == pytest.approx(80e-6, rel=0.13)
    assert lateness.quantile(1.0) == lateness.longest == pytest.approx(0.026)
    assert Lateness(0.005).quantile(0.99) == 0.0


def test_deadlines_are_absolute_and_missed_ones_are_skipped() -> None:
    pacer = Pacer(100.0)
    begun = time.monotonic()
    for _ in range(10):
        pacer.wait()
    assert time.monotonic() - begun >= 0.0999
    time.sleep(0.055)
    for _ in range(5):
        pacer.wait()
    assert time.monotonic() - begun >= 0.179
    assert pacer.lateness.late >= 4


def test_a_process_host_is_named_by_its_rings() -> None:
    host = run_in_process(KinematicArm, wide_limits(), rate=RATE, real_time=False)
    assert isinstance(host, ProcessHost)
    assert not host.real_time
    assert host.silence < 5.0
    host.close()
