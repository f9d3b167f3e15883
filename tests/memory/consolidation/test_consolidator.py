"""What consolidation makes of new records."""

from pathlib import Path

from consolidation_notes import drink, filled, note, number, thing
from embodied_mem.memory import Add, Filter, MemoryStore
from embodied_mem.memory.batch import SUPERSEDES
from embodied_mem.memory.consolidation import (
    ConsolidationConfig,
    Consolidator,
    consolidate_memory,
    links_of,
)
from embodied_mem.memory.record import Link, MemoryRecord


def _links(store: MemoryStore, record: MemoryRecord, kind: str) -> list[str]:
    return [link.id for link in store.get(record.id).links if link.type == kind]


def _active(store: MemoryStore, **where: str) -> list[MemoryRecord]:
    return store.query(Filter(kind="fact", **where))


def test_one_fact_told_a_hundred_times_is_one_active_record() -> None:
    store = filled()
    for tick in range(100):
        # Spelled and timed otherwise each time, so that the store takes them for different facts.
        value = "green tea" if tick % 2 else "Green  tea"
        fact = drink(value, tick, tick, content={**drink(value, 0).content, "told": tick})
        store.apply([Add(record=fact)])
    report = consolidate_memory(store)
    assert len(_active(store)) == 1
    assert report.joined == 99
    assert len(store.query(Filter(kind="fact", status="any"))) == 1


def test_what_moved_is_superseded_and_its_past_can_be_asked() -> None:
    places = {10: 0.0, 20: 2.0, 30: 5.0}
    store = filled(*(thing("mug-1", x, tick, tick) for tick, x in places.items()))
    before = store.sequence
    report = consolidate_memory(store)
    assert report.superseded == 2
    (now,) = _active(store, about="mug-1")
    assert now.pose is not None
    assert now.pose[0] == 5.0
    for tick, x in places.items():
        (then,) = store.query(Filter(kind="fact", about="mug-1", valid_at=tick + 5))
        assert then.pose is not None
        assert then.pose[0] == x
    assert [record.pose[0] for record in store.history(now.id) if record.pose] == [0.0, 2.0, 5.0]
    # One batch: the fact is never without its new place, nor with two.
    store.rollback(before + 1)
    assert len(_active(store, about="mug-1")) == 3


def test_what_is_told_late_is_put_into_its_time() -> None:
    store = filled(thing("mug-1", 5.0, 1, 30), thing("mug-1", 0.0, 2, 10))
    consolidate_memory(store)
    (now,) = _active(store, about="mug-1")
    assert now.valid_from == 30
    (then,) = store.query(Filter(kind="fact", about="mug-1", valid_at=15))
    assert then.pose is not None
    assert then.pose[0] == 0.0


def test_the_past_keeps_where_and_when_but_not_its_shape() -> None:
    shape = {"payload": (b"voxels",)}
    store = filled(thing("mug-1", 0.0, 1, 10, **shape), thing("mug-1", 5.0, 2, 20, **shape))
    assert consolidate_memory(store).thinned == 1
    old, new = store.history(number(2, 20))
    assert (old.payload, old.embedding) == ((), b"")
    assert old.content["position"][0] == 0.0
    assert (old.valid_from, old.valid_to) == (10, 20)
    assert new.payload == (b"voxels",)
    assert store.verify().ok
    heavy = filled(thing("mug-1", 0.0, 1, 10, **shape), thing("mug-1", 5.0, 2, 20, **shape))
    consolidate_memory(heavy, ConsolidationConfig(thin_past=False))
    assert heavy.get(number(1, 10)).payload == (b"voxels",)


def test_a_step_joined_away_keeps_the_chain_of_versions() -> None:
    old = thing("mug-1", 0.0, 1, 10)
    ended = thing("mug-1", 3.0, 2, 20)
    again = thing("mug-1", 3.1, 3, 30)
    store = filled(old, ended)
    consolidate_memory(store)
    store.apply([Add(record=again)])
    consolidate_memory(store)
    (now,) = _active(store, about="mug-1")
    assert now.id == ended.id
    assert now.content["position"][0] == 3.1
    assert [record.id for record in store.history(now.id)] == [old.id, ended.id]


def test_nobodys_word_ends_what_another_said_and_both_are_linked() -> None:
    own = drink("tea", 1, 1, visibility="shared")
    other = drink("coffee", 2, 2, visibility="shared", observer="Ben")
    store = filled(own, other)
    report = consolidate_memory(store)
    assert report.superseded == 0
    assert len(_active(store)) == 2
    assert _links(store, other, "contradicts") == [own.id]
    assert _links(store, own, "contradicts") == []


def test_what_is_private_changes_nothing_that_others_know() -> None:
    shared = drink("tea", 2, 2, visibility="shared")
    private = drink("gin", 1, 1, visibility="private")
    store = filled(shared, private)
    consolidate_memory(store)
    assert len(_active(store)) == 2
    for record in store.query(Filter(viewer="Ben")):
        assert all(link.id != private.id for link in record.links)
    later = drink("rum", 3, 3, visibility="private")
    store.apply([Add(record=later)])
    consolidate_memory(store)
    assert store.get(private.id).status == "archived"
    assert _links(store, later, "contradicts") == [shared.id]


def test_links_say_what_lies_near_and_what_happened_before() -> None:
    cup, plate = thing("mug-1", 0.0, 1), thing("mug-2", 0.6, 2)
    far = thing("mug-3", 9.0, 3)
    first = note("Ana came in", 4, 5)
    second = note("Ana went out", 5, 6)
    store = filled(cup, plate, far, first, second)
    consolidate_memory(store)
    assert _links(store, plate, "near") == [cup.id]
    assert _links(store, far, "near") == []
    assert _links(store, second, "before") == [first.id]
    assert ("<-near", plate.id, "red mug") in [tuple(link) for link in links_of(store, cup.id)]


def test_one_thing_under_two_names_is_linked_and_both_stay() -> None:
    store = filled(thing("mug-1", 0.0, 1), thing("b.mug-7", 0.05, 2, observer="b"))
    consolidate_memory(store)
    assert not _links(store, thing("b.mug-7", 0.0, 2), "same_object")  # private to another robot
    both = filled(
        thing("mug-1", 0.0, 1, visibility="shared"),
        thing("b.mug-7", 0.05, 2, observer="b", visibility="shared"),
    )
    consolidate_memory(both)
    assert _links(both, thing("b.mug-7", 0.0, 2), "same_object") == [number(1)]
    assert len(_active(both)) == 2


def test_links_of_one_record_are_bounded_and_a_second_round_changes_nothing() -> None:
    config = ConsolidationConfig(links_of_a_type=2)
    store = filled(*(thing(f"mug-{n}", 0.3 * (n % 4), n) for n in range(30)))
    consolidate_memory(store, config)
    for record in store.query(Filter(kind="fact")):
        assert sum(link.type == "near" for link in record.links) <= 2
    digest = store.digest()
    assert consolidate_memory(store, config).links == 0
    assert store.digest() == digest


def test_a_step_is_bounded_and_looks_only_at_what_is_new() -> None:
    store = filled(*(thing(f"mug-{n}", 3.0 * n, n) for n in range(20)))
    worker = Consolidator(store, ConsolidationConfig(records_a_step=6, reflect_after=1000))
    looked = []
    while True:
        more = worker.step()
        looked.append(worker.report.looked)
        if not more:
            break
    assert looked == [6, 12, 18, 20]
    assert worker.step() is False
    store.apply([Add(record=thing("mug-99", 99.0, 99))])
    assert worker.step() is False
    assert worker.report.looked == 21


def test_consolidation_goes_on_where_it_was_after_the_folder_was_closed(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "a.mem") as store:
        store.apply([Add(record=thing(f"mug-{n}", 0.2 * n, n, n)) for n in range(12)])
        Consolidator(store, ConsolidationConfig(records_a_step=5)).step()
    with MemoryStore(tmp_path / "a.mem") as store:
        consolidate_memory(store)
        digest = store.digest()
        assert store.verify().ok
    whole = filled(*(thing(f"mug-{n}", 0.2 * n, n, n) for n in range(12)))
    consolidate_memory(whole)
    with MemoryStore.read(tmp_path / "a.mem") as store:
        assert store.digest() == digest
        for record in whole.query(Filter(kind="fact")):
            assert set(store.get(record.id).links) == set(record.links)


def test_where_the_budget_leaves_no_room_nothing_is_lost(tmp_path: Path) -> None:
    from embodied_mem.errors import BudgetError

    with MemoryStore(tmp_path / "a.mem", budget_bytes=1 << 20) as store:
        count = 0
        try:
            while True:
                store.apply(
                    [
                        Add(record=thing(f"mug-{n}", 0.1 * n, n, n, payload=(bytes(5000),)))
                        for n in range(count, count + 4)
                    ]
                )
                count += 4
        except BudgetError:
            pass
        report = consolidate_memory(store, ConsolidationConfig(records_a_step=100))
        assert report.refused > 0
        assert len(store.query(Filter(kind="fact"), payload=False)) == count
        assert store.disk_bytes <= 1 << 20
        assert store.verify().ok


def test_links_that_others_wrote_stay() -> None:
    cup = thing("mug-1", 0.0, 1)
    plate = thing("mug-2", 0.5, 2, links=(Link("beside", cup.id),))
    store = filled(cup, plate)
    consolidate_memory(store)
    assert store.get(plate.id).links[0] == Link("beside", cup.id)
    assert SUPERSEDES not in {link.type for link in store.get(plate.id).links}
