"""Short names of records: none means two, none changes, all are found again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.brain.tools import Handles
from embodied_mem.brain.tools.result import Refused
from embodied_mem.memory import Add, Delete, MemoryRecord, MemoryStore, RecordIds


def note(record_id: str, tick: int, **fields: object) -> MemoryRecord:
    content = {"text": record_id}
    return MemoryRecord(id=record_id, kind="event", content=content, recorded_at=tick, **fields)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=4), st.integers(0, 2**16))
def test_names_never_change_while_the_memory_grows(batches: list[int], seed: int) -> None:
    # Names of one digit: of 32 records most would clash, were names not made longer.
    store, ids = MemoryStore(), RecordIds(seed)
    handles = Handles(store, shortest=1)
    names: dict[str, str] = {}
    for tick, size in enumerate(batches):
        new = [ids.new(tick) for _ in range(size)]
        store.apply([Add(record=note(each, tick)) for each in new])
        names |= {each: handles.name(each) for each in new}
        assert len(set(names.values())) == len(names)
        other = Handles(store, shortest=1)
        for each, name in names.items():
            assert handles.name(each) == name == other.name(each)
            assert handles.find(name.upper()) == each == other.find(f"[{name}]")


def test_a_name_of_what_is_gone_is_never_given_to_another() -> None:
    store, ids = MemoryStore(), RecordIds(3)
    all_ids = [ids.new(0) for _ in range(64)]
    store.apply([Add(record=note(each, 0)) for each in all_ids])
    handles = Handles(store, shortest=1)
    names = {each: handles.name(each) for each in all_ids[:32]}
    store.apply([Delete(id=each) for each in all_ids[:32]])
    assert not set(names.values()) & {handles.name(each) for each in all_ids[32:]}
    for name in names.values():
        with pytest.raises(Refused, match="gone"):
            handles.find(name)


def test_an_unknown_or_half_known_name_is_told() -> None:
    store, ids = MemoryStore(), RecordIds(3)
    store.apply([Add(record=note(ids.new(0), 0)) for _ in range(40)])
    handles = Handles(store, shortest=1)
    names = [handles.name(store.columns.ids[slot]) for slot in range(40)]
    assert max(map(len, names)) > 1
    long = next(name for name in names if len(name) > 1)
    assert Handles(store).find(long) is None  # too short for a name of seven digits
    assert Handles(store).find("zzzzzzz") is None
    assert handles.find("not a name!") is None


def test_what_one_may_not_know_of_has_no_name_and_makes_none_longer() -> None:
    store, ids = MemoryStore(), RecordIds(4)
    open_ids, hidden = [ids.new(1) for _ in range(20)], [ids.new(0) for _ in range(40)]
    alone = MemoryStore()
    for target in (store, alone):
        target.apply([Add(record=note(i, 1, visibility="shared")) for i in open_ids])
    store.apply([Add(record=note(i, 0, observer="Bob")) for i in hidden])
    ana, nobody = Handles(store, viewer="Ana", shortest=1), Handles(alone, shortest=1)
    assert [ana.name(each) for each in open_ids] == [nobody.name(each) for each in open_ids]
    assert all(ana.find(each) is None for each in hidden)
    assert Handles(store, viewer="Bob").find(hidden[0]) == hidden[0]
