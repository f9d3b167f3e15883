"""What was done lasts in a real store, is bounded, and can be asked about."""

from pathlib import Path

import numpy as np
import pytest

from embodied_mem.brain.learning.episode_log import EpisodeLog, NodeOutcome, RunSummary
from embodied_mem.brain.plan.report import Event, ExecutionReport
from embodied_mem.brain.state import Entity, Hand, State
from embodied_mem.errors import ConfigError
from embodied_mem.memory import MemoryStore


def scene(tick: int = 100) -> State:
    def thing(name: str, place: str) -> Entity:
        return Entity(
            id=name,
            kind="object",
            category=name.split("_")[-1],
            position=np.array([0.4, 0.1, 0.02]),
            size=np.full(3, 0.04),
            place=place,
        )

    hand = Hand(position=np.array([0.3, 0.0, 0.4]), yaw=0.0, opening=0.08, grip=0.0, contact=0.0)
    things = [thing("red_mug", "left_drawer"), thing("blue_block", "table")]
    return State(tick=tick, seconds=tick / 200, entities={t.id: t for t in things}, hand=hand)


def story(start: int = 0) -> ExecutionReport:
    events = [
        Event(tick=start, seconds=0.0, node="take", what="started", skill="pick(target=red_mug)"),
        Event(
            tick=start + 40,
            seconds=0.2,
            node="take",
            what="anomaly",
            skill="pick",
            anomaly="postcondition",
            level="retry",
            detail="holding(red_mug) does not hold",
            action="pick again, 4 mm to the left",
        ),
        Event(
            tick=start + 90, seconds=0.45, node="take", what="done", skill="pick(target=red_mug)"
        ),
    ]
    return ExecutionReport(
        instruction="Bring me the mug",
        outcome="succeeded",
        verified=True,
        ticks=90,
        seconds=0.45,
        events=events,
    )


def test_what_was_done_is_told_in_the_next_session(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m", session="monday", seed=3) as store:
        assert EpisodeLog(store).tell() == "I have not done anything yet."
        EpisodeLog(store).finish(story(), scene())
    with MemoryStore(tmp_path / "m", session="tuesday", seed=3) as store:
        log = EpisodeLog(store)
        failed = ExecutionReport(instruction="Wipe the lane", outcome="failed", reason="no sponge")
        log.finish(failed, scene(5))
        assert log.tell() == (
            'I was asked "Bring me the mug" and did it, with 1 thing going wrong on the way.\n'
            'I was asked "Wipe the lane" and failed: no sponge.'
        )
        anomaly, done, summary, other = log.recent(10)
        assert isinstance(anomaly, NodeOutcome) and isinstance(done, NodeOutcome)
        assert (anomaly.node, anomaly.anomaly, anomaly.tick) == ("take", "postcondition", 40)
        assert anomaly.recovery == "retry: pick again, 4 mm to the left"
        assert anomaly.skill == done.skill == "pick(target=red_mug)"
        assert (done.outcome, done.place) == ("done", "left_drawer")
        assert isinstance(summary, RunSummary) and isinstance(other, RunSummary)
        assert (summary.run, other.run) == (0, 1)
        assert log.about("red_mug") == (anomaly, done, summary)
        assert log.about("blue_block") == ()
        assert log.recent(0) == log.runs(0) == log.about("red_mug", 0) == ()
        assert store.verify().ok


def test_a_run_that_goes_on_is_taken_in_bit_by_bit() -> None:
    store = MemoryStore()
    log = EpisodeLog(store)
    whole = story()
    so_far = ExecutionReport(instruction=whole.instruction, events=whole.events[:2])
    log.follow(so_far, scene())
    log.follow(so_far, scene())
    assert len(log) == 1
    so_far.events.append(whole.events[2])
    log.finish(so_far, scene())
    assert [type(entry) for entry in log.recent()] == [NodeOutcome, NodeOutcome, RunSummary]


def test_the_log_is_bounded_and_the_newest_stays(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m", budget_bytes=2 << 20) as store:
        log = EpisodeLog(store, most=30)
        for run in range(40):
            log.finish(story(200 * run), scene(200 * run))
        assert len(log) == len(store) == 30
        assert [run.run for run in log.runs(3)] == [37, 38, 39]
        assert log.recent(1)[0] == log.runs(1)[0]
    with pytest.raises(ConfigError, match="two records"):
        EpisodeLog(MemoryStore(), most=1)


def test_equal_runs_leave_equal_stores() -> None:
    digests = set()
    for _ in range(2):
        store = MemoryStore(session="s", seed=9)
        EpisodeLog(store).finish(story(), scene())
        digests.add(store.digest())
    assert len(digests) == 1


def test_records_that_others_deleted_are_not_missed() -> None:
    from embodied_mem.memory import Delete

    store = MemoryStore()
    log = EpisodeLog(store, most=4)
    log.finish(story(), scene())
    store.apply([Delete(id=next(iter(store.records())).id)])
    assert len(log.recent()) == 2
    log.finish(story(300), scene())
    assert [entry.run for entry in log.recent()] == [0, 1, 1, 1]
