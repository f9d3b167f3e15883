"""What the person at the terminal wants."""

import os
import signal
import threading

import pytest

from embodied_mem.cli.operator import Operator


class Wishes:
    def __init__(self) -> None:
        self.stops: list[str] = []
        self.resets = 0
        self.stopped = threading.Event()

    def stop(self, reason: str) -> None:
        self.stops.append(reason)
        self.stopped.set()

    def reset(self) -> None:
        self.resets += 1


@pytest.fixture
def wishes() -> Wishes:
    return Wishes()


def test_ctrl_c_finishes_and_twice_stops(wishes):
    before = signal.getsignal(signal.SIGINT)
    with Operator(estop=wishes.stop, reset=wishes.reset) as operator:
        os.kill(os.getpid(), signal.SIGINT)
        assert operator.finish and not wishes.stops
        os.kill(os.getpid(), signal.SIGINT)
        assert wishes.stopped.wait(10.0)
    assert wishes.stops == ["Ctrl-C was pressed twice"]
    assert signal.getsignal(signal.SIGINT) is before


def test_keys(wishes):
    with Operator(estop=wishes.stop, reset=wishes.reset) as operator:
        for key in (" ", "s", "r", "x"):
            operator.press(key)
        assert (len(wishes.stops), wishes.resets, operator.finish) == (2, 1, False)
        operator.press("q")
        assert operator.finish


def test_without_the_main_thread_only_keys_are_heard(wishes):
    before = signal.getsignal(signal.SIGINT)

    def enter() -> None:
        with Operator(estop=wishes.stop, reset=wishes.reset) as operator:
            operator.press("s")

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert wishes.stops == ["a key was pressed"]
    assert signal.getsignal(signal.SIGINT) is before
