"""Two lanes over a real store: order, acknowledgement, back-pressure, failures, whole batches."""

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import StoreError
from embodied_mem.memory import (
    Add,
    Delete,
    Filter,
    Link,
    MemoryRecord,
    MemoryStore,
    Operation,
    Retriever,
    Update,
)
from embodied_mem.memory.consolidation import Consolidator
from embodied_mem.memory.lanes import Lanes, LanesConfig


def event(number: int, text: str = "") -> MemoryRecord:
    return MemoryRecord(
        id=f"{number:032x}",
        kind="event",
        content={"text": text or f"event {number}", "number": number},
        about=(f"pair-{number // 2}",),
        valid_from=number,
        recorded_at=number,
    )


def test_batches_are_written_in_order_and_acknowledged(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m") as store, Lanes(store) as lanes:
        done = [lanes.apply([Add(record=event(n))]) for n in range(30)]
        done += [lanes.apply([Update(id=event(3).id, tick=40, changes={"place": "attic"})])]
        done += lanes.apply_apart([Add(record=event(n)) for n in range(30, 70)])
        assert lanes.ingest(lambda: len(store)).result() == 70
        assert [each.result() for each in done[:31]] == [
            *((event(n).id,) for n in range(30)),
            (event(3).id,),
        ]
        assert [len(each.result()) for each in done[31:]] == [16, 16, 8]
        with lanes.query() as read:
            assert read.get(event(3).id).place == "attic"
            assert len(Retriever(read).query("event 17", k=1).hits) == 1
        assert store.sequence < 31, "batches that waited were written as one"


def test_a_refused_batch_hurts_no_other(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m") as store, Lanes(store) as lanes:
        hold = threading.Event()
        blocked = lanes.ingest(hold.wait)
        good = lanes.apply([Add(record=event(1))])
        bad = lanes.apply([Add(record=event(2)), Delete(id=event(9).id)])
        later = lanes.apply([Add(record=event(3))])
        hold.set()
        assert blocked.result() and good.result() and later.result()
        with pytest.raises(StoreError, match="no record has that id"):
            bad.result()
        with lanes.query() as read:
            assert [record.id for record in read.records()] == [event(1).id, event(3).id]


@given(
    batches=st.lists(
        st.lists(
            st.tuples(st.sampled_from("aausd"), st.integers(0, 7), st.integers(0, 7)),
            min_size=1,
            max_size=3,
        ),
        max_size=12,
    )
)
@settings(max_examples=25, deadline=None)
def test_batches_written_as_one_come_to_what_each_alone_does(
    batches: list[list[tuple[str, int, int]]],
) -> None:
    plain, shared, hold = MemoryStore(), MemoryStore(), threading.Event()
    lanes = Lanes(shared)
    lanes.ingest(hold.wait)
    told = [lanes.apply([operation(*each) for each in batch]) for batch in batches]
    hold.set()
    for batch, acknowledgement in zip(batches, told, strict=True):
        try:
            expected = plain.apply([operation(*each) for each in batch])
        except StoreError as error:
            assert str(acknowledgement.exception()) == str(error)
        else:
            assert acknowledgement.result() == expected
    lanes.close()
    assert shared.digest() == plain.digest()


def operation(what: str, number: int, other: int) -> Operation:
    if what == "a":  # of what a record can say there is little, so that it is often said again
        return Add(record=event(number, f"cup {other % 3}"))
    if what == "u":
        return Update(id=event(number).id, tick=9, changes={"links": (_near(other),)})
    if what == "s":
        changes = {"place": f"room {other}"}
        new = event(100 + 8 * number + other).id
        return Update(id=event(number).id, tick=9, changes=changes, supersede_as=new)
    return Delete(id=event(number).id)


def _near(number: int) -> Link:
    return Link("near", event(number).id)


def test_what_nobody_asked_about_surfaces_in_the_end() -> None:
    lanes = Lanes(MemoryStore())
    lanes.apply([Delete(id=event(9).id)])
    with pytest.raises(StoreError, match="no record has that id"):
        lanes.flush()
    lanes.flush()
    lanes.ingest(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        lanes.close()
    lanes.close()
    with pytest.raises(StoreError, match="closed"):
        lanes.apply([])
    assert lanes.store.apply([Add(record=event(1))]) == (event(1).id,)


def test_who_brings_too_much_waits_or_hears_so() -> None:
    lanes = Lanes(MemoryStore(), config=LanesConfig(most_waiting=2))
    hold, begun = threading.Event(), threading.Event()
    lanes.ingest(lambda: begun.set() or hold.wait())
    begun.wait()
    waiting = [lanes.apply([Add(record=event(n))]) for n in range(2)]
    assert lanes.waiting == 2
    with pytest.raises(StoreError, match="full"):
        lanes.apply([Add(record=event(5))], timeout=0.01)
    hold.set()
    lanes.apply([Add(record=event(6))]).result()
    assert all(each.done() for each in waiting)
    lanes.close()
    assert len(lanes.store) == 3


@pytest.mark.parametrize("drain", [True, False])
def test_closing_drains_or_gives_up(drain: bool) -> None:
    lanes = Lanes(MemoryStore())
    hold, begun = threading.Event(), threading.Event()
    lanes.ingest(lambda: begun.set() or hold.wait())
    begun.wait()
    waiting = [lanes.apply([Add(record=event(n))]) for n in range(5)]
    closing = threading.Thread(target=lanes.close, kwargs={"drain": drain})
    closing.start()
    while not (drain or all(each.cancelled() for each in waiting)):
        hold.wait(0.001)
    hold.set()
    closing.join()
    assert len(lanes.store) == (5 if drain else 0)


def test_queries_see_whole_batches_while_everything_is_written(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m", budget_bytes=2 << 20) as store, Lanes(store) as lanes:
        stop, problems, looks = threading.Event(), list[str](), 0

        def look() -> None:
            nonlocal looks
            retriever = Retriever(store)
            while not stop.is_set():
                with lanes.query() as read:
                    numbers = [r.content["number"] for r in read.query(Filter(kind="event"))]
                    hits = retriever.query("event", k=50).hits
                    pairs = {n // 2 for n in numbers}
                    if sorted(numbers) != sorted(k for p in pairs for k in (2 * p, 2 * p + 1)):
                        problems.append(f"half a pair: {numbers}")
                    if len(hits) != min(50, len(numbers)):
                        problems.append(f"{len(hits)} hits of {len(numbers)}")
                looks += 1

        def replace(n: int) -> Sequence[object]:
            old = store.query(Filter(about=(f"pair-{n - 20}",)))  # reads beside the queries
            new = [Add(record=event(2 * n + k, "event " * 50)) for k in (0, 1)]
            return store.apply([*(Delete(id=each.id) for each in old), *new])

        thread = threading.Thread(target=look)
        thread.start()
        for n in range(120):
            lanes.ingest(lambda n=n: replace(n))
        lanes.flush()
        stop.set()
        thread.join()
        assert problems == [] and looks > 10
        with lanes.query() as read:
            assert read.verify().ok and len(read) == 40


class Steps:
    """Counts down, and notes whether anything else was to do meanwhile."""

    def __init__(self, lanes: list[Lanes]) -> None:
        self.left, self.lanes, self.disturbed = 5, lanes, False
        self.done = threading.Event()

    def step(self) -> bool:
        self.disturbed |= bool(self.lanes and self.lanes[0].waiting)
        self.left -= 1
        if not self.left:
            self.done.set()
        return self.left > 0


def test_consolidation_comes_when_nothing_else_does() -> None:
    holder: list[Lanes] = []
    steps = Steps(holder)
    with Lanes(MemoryStore(), consolidator=steps) as lanes:
        holder.append(lanes)
        assert steps.done.wait(10)
        steps.left, before = 3, steps.left
        steps.done.clear()
        with lanes.query():
            lanes.apply([Add(record=event(1))])
            assert (before, steps.left) == (0, 3), "not while somebody asks"
        assert steps.done.wait(10)
        assert not steps.disturbed


def test_facts_are_consolidated_while_nobody_asks() -> None:
    facts = [
        msgspec.structs.replace(event(number), kind="fact", about=("cup-1",), place="hall")
        for number in range(6)
    ]
    alone, shared = MemoryStore(), MemoryStore()
    alone.apply([Add(record=fact) for fact in facts])
    before, consolidator = alone.digest(), Consolidator(alone)
    while consolidator.step():
        pass
    assert alone.digest() != before
    with Lanes(shared, consolidator=Consolidator(shared)) as lanes:
        lanes.apply([Add(record=fact) for fact in facts])
        lanes.settle(30)
        assert shared.digest() == alone.digest()


def test_a_failing_consolidation_surfaces_and_holds_nothing_up() -> None:
    class Broken:
        def step(self) -> bool:
            raise RuntimeError("cannot consolidate")

    lanes = Lanes(MemoryStore(), consolidator=Broken())
    assert lanes.apply([Add(record=event(1))]).result()
    with pytest.raises(RuntimeError, match="cannot consolidate"):
        lanes.close()


def test_lanes_are_refused_where_they_cannot_be(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "m") as store:
        with pytest.raises(StoreError, match="for writing"):
            Lanes(MemoryStore.read(tmp_path / "m"))
        with Lanes(store) as lanes:
            with pytest.raises(StoreError, match="lanes already"):
                Lanes(store)
            with pytest.raises(StoreError, match="cannot wait"):
                lanes.ingest(lambda: lanes.apply([])).result()


KILLED = """
import sys
from pathlib import Path
from embodied_mem.memory import Add, MemoryStore
from embodied_mem.memory.consolidation import Consolidator
from embodied_mem.memory.lanes import Lanes
sys.path.insert(0, sys.argv[2])
from test_lanes import event

lanes = Lanes(MemoryStore(Path(sys.argv[1])))
waiting = []
for number in range(10**9):
    waiting.append((number, lanes.apply([Add(record=event(number))])))
    while waiting and waiting[0][1].done():
        print(waiting.pop(0)[0], flush=True)
"""


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "m"), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(60)]
        writer.kill()
        told += [
            int(line)
            for line in writer.stdout.read().splitlines(keepends=True)
            if line.endswith("\n")
        ]
    with MemoryStore(tmp_path / "m") as store:
        assert store.verify().ok
        assert all(event(number).id in store for number in told)
        held = sorted(record.content["number"] for record in store.records())
        assert held == list(range(len(held))), "what was not acknowledged is there in order or not"
