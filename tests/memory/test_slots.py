"""A slot holds one record, however often it was free."""

from pathlib import Path

from embodied_mem.memory import Add, Delete, MemoryRecord, MemoryStore, Update


def record(number: int) -> MemoryRecord:
    return MemoryRecord(id=f"{number:032x}", kind="event", content={"n": number})


def test_a_slot_freed_after_opening_is_given_away_once(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "store") as store:
        store.apply([Add(record=record(number)) for number in range(5)])
    with MemoryStore(tmp_path / "store") as store:
        store.apply([Delete(id=record(0).id), Delete(id=record(2).id)])
        store.apply([Add(record=record(number)) for number in (10, 11, 12)])
        held = {each.id for each in store.records()}
        assert held == {record(number).id for number in (1, 3, 4, 10, 11, 12)}
        assert store.verify().ok


def test_a_fact_that_two_tell_is_known_while_one_of_them_does() -> None:
    first, second, third = (
        MemoryRecord(id=f"{number:032x}", kind="fact", content={"n": number}) for number in range(3)
    )
    with MemoryStore() as store:
        store.apply([Add(record=first), Add(record=second)])
        store.apply([Update(id=second.id, tick=1, changes={"content": first.content})])
        store.apply([Delete(id=second.id)])
        again = MemoryRecord(id=third.id, kind="fact", content=first.content)
        assert store.apply([Add(record=again)]) == (first.id,)
        # What an earlier operation of the batch says counts as well.
        says_new = Update(id=first.id, tick=2, changes={"content": {"n": 9}})
        new = MemoryRecord(id=third.id, kind="fact", content={"n": 9})
        assert store.apply([says_new, Add(record=new)]) == (first.id, first.id)
