"""Whoever may not know of a record can tell by nothing that it is there."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.brain.language.answers import answer_question
from embodied_mem.brain.partners import answer_partner
from embodied_mem.errors import HandleGoneError, StoreError
from embodied_mem.memory import Add, Filter, Link, MemoryRecord, MemoryStore, Retriever, Update
from embodied_mem.memory.episodic import Episodes
from embodied_mem.memory.records_for import RecordsFor
from embodied_mem.memory.search import words as words_module
from embodied_mem.memory.search.hashing import HashingEmbedder
from embodied_mem.memory.working.handles import HandleTable
from embodied_mem_envs.bench.long.partners_attacks import WAYS
from embodied_mem_envs.bench.long.partners_episode import play
from embodied_mem_envs.bench.long.partners_leaks import Leaks, attack
from embodied_mem_envs.house.body import CameraConfig
from embodied_mem_envs.tasks.mixed_session.config import MixedSessionConfig

WORDS = ("tea", "cup", "red", "code", "4711", "piano")


def key(number: int) -> str:
    return f"{number:032x}"


def record(number: int, text: str = "", **fields: object) -> MemoryRecord:
    base = MemoryRecord(
        id=key(number),
        kind="event",
        content={"text": text or f"note {number}"},
        valid_from=number,
        recorded_at=number,
        observer="Ana",
        visibility="shared",
        embedding=HashingEmbedder().embed([text or f"note {number}"])[0].tobytes(),
        space="hashing-384",
    )
    return msgspec.structs.replace(base, **fields)


def stored(*records: MemoryRecord) -> MemoryStore:
    store = MemoryStore()
    store.apply([Add(record=each) for each in records])
    return store


def test_a_hidden_record_reads_like_one_that_never_was() -> None:
    store = stored(record(1), record(2, visibility="private"))
    for read in (store.get, store.history):
        messages = []
        for number in (2, 3):
            with pytest.raises(StoreError) as caught:
                read(key(number), viewer="Bo")  # type: ignore[operator]
            messages.append(str(caught.value).replace(key(number), "?"))
        assert messages[0] == messages[1]
        assert read(key(2), viewer="Ana")  # type: ignore[operator]
    table = HandleTable(RecordsFor(store, "Bo"))
    with pytest.raises(HandleGoneError, match="no record has the id"):
        table.add("note", "a guess", records=[key(2)])
    assert table.resolve(table.add("note", "seen", records=[key(1)]).id).records


def test_links_and_provenance_do_not_name_what_is_hidden() -> None:
    pointing = {"links": (Link("near", key(1)), Link("near", key(2)))}
    store = stored(
        record(1),
        record(2, visibility="private"),
        record(3, provenance=(key(1), key(2)), **pointing),
    )
    for told in (
        store.get(key(3), viewer="Bo"),
        store.query(Filter(ids=[key(3)], viewer="Bo"))[0],
        store.as_of(9, viewer="Bo")[-1],
        store.history(key(3), viewer="Bo")[-1],
    ):
        assert told.links == (Link("near", key(1)),) and told.provenance == (key(1),)
    assert store.get(key(3)).provenance == (key(1), key(2))
    assert len(store.get(key(3), viewer="Ana").links) == 2


def test_hidden_versions_are_no_part_of_a_history() -> None:
    store = stored(record(1))
    private = {"visibility": "private", "content": {"text": "secret"}}
    store.apply([Update(id=key(1), tick=5, changes=private, supersede_as=key(2))])
    assert [each.id for each in store.history(key(1), viewer="Bo")] == [key(1)]
    assert store.history(key(1), viewer="Bo")[0].links == ()
    assert len(store.history(key(1), viewer="Ana")) == 2


def test_episodes_show_a_viewer_only_what_they_may_see() -> None:
    store = stored(
        record(1, place="hall"),
        record(2, place="loft", visibility="private"),
        record(3, place="hall"),
    )
    seen = Episodes(store=store, filter=Filter(kind="event", viewer="Bo"))
    assert seen.entries.ids == (key(1), key(3)) and len(seen.by_place()) == 1


def test_what_the_robot_saw_is_told_to_partners_only_where_it_is_shared() -> None:
    thing = {
        "type": "object",
        "object_id": "chair-1",
        "category": "chair",
        "colour": "red",
        "position": [1.0, 1.0, 0.5],
        "box_min": [0.5, 0.5, 0.0],
        "box_max": [1.5, 1.5, 1.0],
        "state": "present",
        "confidence": 1.0,
        "views": 3,
        "first_tick": 1,
        "last_tick": 1,
    }
    for visibility, known in (("shared", True), ("private", False)):
        seen = record(
            1,
            kind="fact",
            content=thing,
            about=("chair-1",),
            observer="agent",
            visibility=visibility,
        )
        store = stored(seen)
        asked = "Is there a red chair?"
        assert (answer_partner(asked, store, "Ana").value is True) == known
        assert (answer_question(asked, store, viewer="Ana").status == "answered") == known
        assert answer_question(asked, store).status == "answered"
    empty = answer_question(asked, MemoryStore(), viewer="Ana")
    hidden = answer_question(asked, store, viewer="Ana")
    assert empty == hidden


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(texts, st.booleans()), min_size=1, max_size=14), texts, st.integers(1, 3))
def test_scores_are_as_if_what_is_hidden_were_not_there(
    notes: list[tuple[str, bool]], query: str, postings: int
) -> None:
    records = [
        record(number, text, visibility="private" if hidden else "shared")
        for number, (text, hidden) in enumerate(notes, start=1)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words_module, "MAX_POSTINGS", postings)
        whole = stored(*records)
        bare = stored(*(each for each in records if each.visibility == "shared"))
        found = [
            Retriever(store, viewer="Bo").query(query, k=20, filter=Filter(status="any"))
            for store in (whole, bare)
        ]
    assert found[0] == found[1]


def test_no_attack_on_any_path_finds_a_private_fact_and_the_same_do_with_the_gate_off(
    tmp_path: Path,
) -> None:
    config = MixedSessionConfig(adversarial=4, camera=CameraConfig(width=48, height=36))
    episode, asked = play(3, "ours", tmp_path / "ours", config=config)
    assert not sum(each.judgement.values.get("leaks", 0.0) for each in asked)
    leaks = Leaks()
    attack(episode, tmp_path / "ours" / "memory", np.random.default_rng(3), 1, leaks)
    assert leaks.attacks.total() == 3 * len(WAYS)
    assert not leaks.leaked, leaks.examples
    silent = [way for way in WAYS if not leaks.control[way]]
    assert len(silent) <= 3, f"with the gate off these find nothing either: {silent}"
