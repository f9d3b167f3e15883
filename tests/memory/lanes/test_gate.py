"""The gate: one at a time, queries first, writing not for ever last."""

import signal
import threading
import time

import pytest

from embodied_mem.memory.lanes.gate import Gate, Lane


def queued(gate: Gate, lane: Lane, name: str, order: list[str]) -> threading.Thread:
    """Starts a thread that wants a turn, and returns when it waits for it."""

    def run() -> None:
        with gate.turn(lane):
            order.append(name)

    waiting = len(gate._waiting[lane])
    thread = threading.Thread(target=run)
    thread.start()
    while len(gate._waiting[lane]) == waiting:
        time.sleep(0.0005)
    return thread


def test_queries_go_first_and_each_lane_in_its_order() -> None:
    gate, order = Gate(patience=60.0), list[str]()
    with gate.turn(Lane.WRITE):
        threads = [queued(gate, Lane.WRITE, f"w{n}", order) for n in range(3)]
        threads += [queued(gate, Lane.QUERY, f"q{n}", order) for n in range(3)]
        assert gate.wanted(Lane.QUERY)
    for thread in threads:
        thread.join()
    assert order == ["q0", "q1", "q2", "w0", "w1", "w2"]


def test_who_waited_too_long_goes_before_the_urgent() -> None:
    gate, order = Gate(patience=0.02), list[str]()
    with gate.turn(Lane.QUERY):
        threads = [queued(gate, Lane.WRITE, "w", order)]
        time.sleep(0.03)
        threads += [queued(gate, Lane.QUERY, f"q{n}", order) for n in range(2)]
    for thread in threads:
        thread.join()
    assert order == ["w", "q0", "q1"]


def test_only_one_has_the_turn_and_it_may_take_it_again() -> None:
    gate, inside, most = Gate(patience=0.001), 0, 0

    def run(lane: Lane) -> None:
        nonlocal inside, most
        for _ in range(200):
            with gate.turn(lane), gate.turn(Lane.WRITE):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=run, args=(lane,)) for lane in (*Lane, *Lane)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside, most) == (0, 1)


def test_a_signal_while_waiting_leaves_the_gate_whole() -> None:
    gate = Gate(patience=60.0)
    held, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with gate.turn(Lane.WRITE):
            held.set()
            leave.wait()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        with pytest.raises(KeyboardInterrupt), gate.turn(Lane.QUERY):
            pass
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not gate.wanted(Lane.QUERY)
    leave.set()
    thread.join()
    with gate.turn(Lane.QUERY):
        pass
