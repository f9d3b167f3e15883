import threading
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from embodied_mem.errors import BodyError
from embodied_mem.robots import Robot
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.robots.safety.gated import GatedCommand
from embodied_mem.types import Command
from memory_robot import MemoryDriver, Written, base_info

DRIVE = Command(forward=0.3, turn=0.2)
REST = Command()


def until(true: Callable[[], object], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.002)


def worst(written: list[Written], axis: str) -> float:
    """Returns the highest rate at which an axis changed without an emergency stop."""
    rates = [
        abs(getattr(later.command, axis) - getattr(earlier.command, axis))
        / (later.time - earlier.time)
        for earlier, later in pairwise(written)
        if not later.urgent
    ]
    return max(rates)


def test_nobody_commands_and_nothing_is_sent() -> None:
    driver = MemoryDriver()
    with Robot(driver) as robot:
        until(lambda: robot.health.rate_hz > 0.0)
        time.sleep(0.3)
        assert driver.written == []
        assert robot.health.rate_hz == pytest.approx(20.0, rel=0.3)
    # Not at the end either: somebody else may be driving while this program only watches.
    assert driver.written == []


def test_a_robot_that_wants_to_be_told_always_is() -> None:
    driver = MemoryDriver(info=base_info(always_streams=True))
    with Robot(driver):
        until(lambda: len(driver.written) >= 5)
    assert all(written.command == REST for written in driver.written)


def test_a_command_is_streamed_until_the_watchdog_then_ramped_then_silence() -> None:
    driver = MemoryDriver()
    with Robot(driver) as robot:
        for _ in range(6):
            robot.act(DRIVE)
        ended = time.monotonic()
        until(lambda: driver.written[-1].command == REST)
        time.sleep(0.3)
        count = len(driver.written)
        time.sleep(0.3)
        assert len(driver.written) == count  # silence (1)
        assert driver.written[-1].command == REST
        still = [w for w in driver.written if w.time > ended and w.command != REST]
        # Half a second of watchdog, a fifth of braking, and a loaded machine.
        assert still[-1].time - ended < 0.5 + 0.2 + 0.3
        assert len(still) >= 8  # streamed meanwhile, not only once
        assert worst(driver.written, "forward") <= 1.5 * 1.05
        assert worst(driver.written, "turn") <= 3.2 * 1.05


@pytest.mark.parametrize("source", ["robot", "driver"])
def test_an_estop_is_the_very_next_that_is_sent_from_any_thread(source: str) -> None:
    driver = MemoryDriver()
    gate = GateConfig(rate=2.0, watchdog=3.0, stale=3.0)  # half a second between periods
    with Robot(driver, gate) as robot:
        robot.send(DRIVE)
        robot.send(DRIVE)
        assert driver.written[-1].command.forward > 0.0
        assert driver.events is not None
        before, asked = len(driver.written), time.monotonic()
        if source == "robot":
            robot.estop("now")
        else:
            stop = threading.Thread(target=driver.events.estop, args=("now", 12.5))
            stop.start()
            stop.join()
        until(lambda: len(driver.written) > before)
        stopped = driver.written[before]
        assert stopped.urgent
        assert stopped.command == REST
        assert "now" in stopped.stop
        assert stopped.time - asked < 0.25  # not at the next period


def test_a_reset_from_the_wire_counts_only_if_it_is_newer() -> None:
    driver = MemoryDriver()
    with Robot(driver) as robot:
        assert driver.events is not None
        driver.events.estop("far away", 12.5)
        driver.events.reset(12.0)
        assert robot.health.latched
        assert robot.act(DRIVE) == REST
        driver.events.reset(13.0)
        assert not robot.health.latched
        time.sleep(0.12)
        assert driver.written[-1].command == REST  # a fresh command is needed
        robot.act(DRIVE)
        assert robot.act(DRIVE).forward > 0.0


def test_after_an_estop_zeros_are_sent_while_somebody_commands_and_then_silence() -> None:
    driver = MemoryDriver()
    with Robot(driver) as robot:
        robot.act(DRIVE)
        robot.estop("stay")
        count = len(driver.written)
        for _ in range(3):
            assert robot.act(DRIVE) == REST
        assert len(driver.written) > count
        time.sleep(0.4)
        count = len(driver.written)
        time.sleep(0.4)
        assert len(driver.written) == count


def test_a_write_that_fails_is_a_fault_that_stops_and_ends_by_itself() -> None:
    driver = MemoryDriver()
    with Robot(driver) as robot:
        for _ in range(5):
            robot.act(DRIVE)
        driver.fails = "the wire is cut"
        until(lambda: any("wire is cut" in fault for fault in robot.health.faults))
        robot.act(DRIVE)  # is not followed, and does not raise either: it is a stop like others
        assert "wire is cut" in robot.health.stopped
        time.sleep(0.5)
        count = len(driver.written)
        driver.fails = ""
        until(lambda: not robot.health.faults)
        # What comes first after the fault is rest, not the speed from before.
        assert driver.written[count].command == REST
        robot.act(DRIVE)
        assert robot.act(DRIVE).forward > 0.0
    assert robot.gate.counts[14] > 0


def test_a_read_that_fails_is_a_fault_that_stops() -> None:
    class Blind(MemoryDriver):
        broken = False

        def read(self):  # type: ignore[no-untyped-def]
            if self.broken:
                raise BodyError("the bus is silent")
            return super().read()

    driver = Blind()
    with Robot(driver) as robot:
        for _ in range(5):
            robot.act(DRIVE)
        driver.broken = True
        until(lambda: driver.written[-1].command == REST)
        assert "the bus is silent" in robot.health.stopped
        driver.broken = False
        until(lambda: not robot.health.stopped or "fault" not in robot.health.stopped)
        robot.act(DRIVE)
        assert robot.act(DRIVE).forward > 0.0


def test_a_gate_that_fails_sends_nothing_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = MemoryDriver()
    with Robot(driver) as robot:
        robot.act(DRIVE)
        monkeypatch.setattr(type(robot.gate), "tick", _raise)
        until(lambda: any("gate failed" in fault for fault in robot.health.faults))
        count = len(driver.written)
        time.sleep(0.15)
        assert len(driver.written) == count
        monkeypatch.undo()
        until(lambda: not robot.health.faults)


def test_a_driver_that_does_not_return_from_sending_is_told_to_the_caller() -> None:
    class Stuck(MemoryDriver):
        free = threading.Event()

        def write(self, command: GatedCommand) -> None:
            self.free.wait(20.0)

    driver = Stuck()
    with Robot(driver, GateConfig(rate=50.0)) as robot:
        with pytest.raises(BodyError, match="has not returned"):
            robot.send(DRIVE)
        driver.free.set()


def test_commands_from_many_threads_leave_in_order_and_within_limits() -> None:
    driver = MemoryDriver()
    with Robot(driver) as robot:
        end = time.monotonic() + 0.8
        errors: list[BaseException] = []

        def hammer(forward: float) -> None:
            try:
                while time.monotonic() < end:
                    robot.send(Command(forward=forward))
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=hammer, args=(speed,)) for speed in (0.5, -0.25, 0.1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []
    times = [written.time for written in driver.written]
    assert times == sorted(times)
    gaps = np.diff(times)
    assert np.median(gaps) >= 0.25 / 20.0 * 0.9  # never more than four times the rate
    assert all(-0.25 <= written.command.forward <= 0.5 for written in driver.written)
    assert driver.written[-1].command == REST


def test_the_rate_has_no_drift() -> None:
    driver = MemoryDriver(info=base_info(always_streams=True))
    with Robot(driver, GateConfig(rate=50.0)) as robot:
        until(lambda: len(driver.written) >= 2)
        begun, count = time.monotonic(), len(driver.written)
        time.sleep(1.0)
        took, more = time.monotonic() - begun, len(driver.written) - count
        late = robot.health.late
    assert abs(more - 50.0 * took) <= 3 + 2 * late


def test_closing_wakes_whoever_waits() -> None:
    driver = MemoryDriver(pictures=False)
    robot = Robot(driver, patience=30.0)
    robot.connect()
    threading.Timer(0.2, robot.close).start()
    with pytest.raises(BodyError, match="it was closed"):
        robot.observe()
    with pytest.raises(BodyError, match="not connected"):
        robot.send(DRIVE)


def _raise(*_: object) -> GatedCommand:
    raise RuntimeError("a bug")
