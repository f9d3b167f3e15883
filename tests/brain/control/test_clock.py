"""The clock: model time costs nothing, exact ticks, or what it really takes."""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import pytest

from embodied_mem.brain.control.clock import Clock, ClockMode
from embodied_mem.errors import ConfigError, ModelTimeout


@dataclass(frozen=True)
class Answer:
    """What a model returns, as far as a clock is concerned."""

    seconds: float


@pytest.mark.parametrize(("latency", "ticks"), [
    (0.0, 0), (0.2, 40), (0.2001, 41), (0.035, 7), (2.0, 400), (0.004, 1),
])  # fmt: skip
def test_simulated_time_charges_whole_ticks_exactly(latency: float, ticks: int) -> None:
    clock = Clock("simulated", latency=latency)
    thought = clock.think(lambda: "plan", tick=1000)
    assert thought.done(1000 + ticks)
    assert ticks == 0 or not thought.done(1000 + ticks - 1)
    assert thought.result() == "plan"
    assert clock.charged == ticks


def test_simulated_time_takes_the_answers_own_latency() -> None:
    clock = Clock("simulated")
    thought = clock.think(lambda: Answer(0.5), tick=0)
    assert next(tick for tick in range(200) if thought.done(tick)) == 100
    with pytest.raises(ConfigError, match="latency"):
        clock.think(lambda: "no seconds", tick=0)


def test_simulated_time_does_not_depend_on_how_long_the_call_really_takes() -> None:
    clock = Clock("simulated", latency=0.1)
    slow = clock.think(lambda: time.sleep(0.3), tick=0)
    quick = clock.think(lambda: None, tick=0)
    assert [slow.done(tick) for tick in range(30)] == [quick.done(tick) for tick in range(30)]


def test_a_model_that_is_too_slow_times_out_after_the_limit() -> None:
    clock = Clock("simulated", latency=40.0, limit=30.0)
    thought = clock.think(lambda: "late", tick=0)
    assert not thought.done(5999)
    assert thought.done(6000)
    assert isinstance(thought.error, ModelTimeout)
    with pytest.raises(ModelTimeout, match="40 s"):
        thought.result()


def test_a_time_out_that_the_client_reports_costs_the_limit() -> None:
    def hang() -> str:
        raise ModelTimeout("no answer")

    thought = Clock("simulated", limit=1.0).think(hang, tick=0)
    assert (thought.done(199), thought.done(200)) == (False, True)
    with pytest.raises(ModelTimeout, match="no answer"):
        thought.result()


def test_paused_time_is_free_and_hands_on_errors() -> None:
    def fail() -> str:
        raise ValueError("broken")

    clock = Clock("paused", latency=5.0)
    assert clock.think(lambda: 3, tick=7).done(7)
    thought = clock.think(fail, tick=7)
    assert thought.done(7)
    with pytest.raises(ValueError, match="broken"):
        thought.result()
    assert clock.charged == 0


def test_wall_time_goes_on_beside_a_hanging_call() -> None:
    release = threading.Event()
    thought = Clock("wall", limit=0.2).think(release.wait, tick=0)
    assert not thought.done(10**9)  # ticks mean nothing to it
    with pytest.raises(ModelTimeout, match=r"0\.2 s"):
        thought.result()
    release.set()
    assert thought.done(0)
    with pytest.raises(ModelTimeout):  # what comes too late stays dropped
        thought.result()
    quick = Clock("wall").think(lambda: "plan", tick=0)
    assert quick.result() == "plan"
    assert quick.done(0)


def test_a_hanging_call_does_not_keep_the_process_from_ending() -> None:
    code = (
        "import time; from embodied_mem.brain.control.clock import Clock;"
        "Clock('wall').think(lambda: time.sleep(600), tick=0); print('end')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, text=True)
    assert (run.returncode, run.stdout) == (0, "end\n")


def catch(clock: Clock, ticks: int = 4000) -> float:
    """Chases a target that jumps every 2.5 s; the model sees it and says where it is.

    Returns:
        The share of ticks on which the believed place is the true one.
    """
    hits, believed, thought = 0, -1, None
    for tick in range(ticks):
        place = tick // 500
        if thought is None and believed != place:
            thought = clock.think(lambda seen=place: seen, tick=tick)  # type: ignore[misc]
        if thought is not None and thought.done(tick):
            believed, thought = thought.result(), None
        hits += believed == place
    return hits / ticks


def test_a_slow_model_misses_a_moving_target_unless_the_world_waits() -> None:
    def score(mode: ClockMode, latency: float) -> float:
        return catch(Clock(mode, latency=latency))

    assert score("paused", 2.0) == score("paused", 0.2) == 1.0
    assert score("simulated", 0.2) == pytest.approx(0.92)
    assert score("simulated", 2.0) == pytest.approx(0.2)


@pytest.mark.parametrize("wrong", [
    {"mode": "fast"}, {"rate": 0.0}, {"limit": float("inf")}, {"latency": -1.0},
])  # fmt: skip
def test_impossible_clocks_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Clock(**wrong)  # type: ignore[arg-type]
