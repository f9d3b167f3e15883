"""A profile says what holds now, to whom it may be told, and comes again from its sources."""

import socket

import numpy as np
import pytest

from embodied_mem.brain.partners import Diary, ProfileRecords, prefill, profile
from embodied_mem.memory import Filter, MemoryStore
from embodied_mem.memory.forgetting import attach
from embodied_mem_envs.tasks.mixed_session import words
from embodied_mem_envs.tasks.mixed_session.script import draw_script

SAID = (
    ("Ana", "My favourite drink is cocoa.", 1),
    ("Ana", "Keep this between us: my door code is 4711.", 1),
    ("Ana", "Please keep my scarf from the loft.", 1),
    ("Ana", "Please bring me the keys from the loft.", 1),
    ("Bo", "Ana's nickname is Sparrow.", 2),
    ("Bo", "Just between you and me: Ana's sister is Olga.", 2),
    ("Bo", "My favourite drink is milk.", 2),
    ("Ana", "From now on my favourite drink is cider.", 3),
    ("Ana", "I do not need my scarf any more.", 3),
)


def told(*said: tuple[str, str, int]) -> MemoryStore:
    store = MemoryStore()
    diary = Diary(store)
    for tick, (speaker, text, session) in enumerate(said):
        diary.hear(speaker, text, tick=10 * tick, session=session)
    return store


def test_a_profile_holds_what_holds_now_with_its_sources() -> None:
    store = told(*SAID)
    known = profile(store, "Ana", viewer="Cy")
    held = known.profile
    assert held.preferences == {"drink": "cider"}
    assert held.facts == {"nickname": "Sparrow"}
    assert held.places == ("loft",)
    assert (held.open_requests, held.done_requests) == (("keys",), ("scarf",))
    assert held.sessions == (1, 3)
    (source,) = known.citations["preferences.drink"]
    assert store.get(source).content["value"] == "cider"
    assert set(known.sources) <= {record.id for record in store.records()}


def test_what_was_told_in_private_is_in_the_profile_of_who_told_it_alone() -> None:
    store = told(*SAID)
    facts = {who: profile(store, "Ana", viewer=who).profile.facts for who in ("Ana", "Bo", "Cy")}
    assert facts["Ana"] == {"door code": "4711", "nickname": "Sparrow"}
    assert facts["Bo"] == {"nickname": "Sparrow", "sister": "Olga"}
    assert facts["Cy"] == {"nickname": "Sparrow"}


def test_profiles_are_written_for_those_who_may_read_them() -> None:
    store = told(*SAID)
    assert len(ProfileRecords(store).write()) == 5
    for viewer, count in (("Ana", 3), ("Bo", 4), ("Cy", 2)):
        seen = store.query(Filter(kind="summary", viewer=viewer))
        assert len(seen) == count
        assert ("4711" in str(seen)) == (viewer == "Ana")
        assert ("Olga" in str(seen)) == (viewer == "Bo")
        for record in seen:
            assert record.provenance == tuple(link.id for link in record.links)
            assert all(store.get(each, viewer=viewer) for each in record.provenance)


def test_profiles_come_again_to_the_byte_and_change_as_versions() -> None:
    store = told(*SAID)
    records = ProfileRecords(store)
    first, digest = records.write(), store.digest()
    assert records.write() == first and store.digest() == digest
    store.forget(ids=first)
    assert records.write() == first and store.digest() == digest
    Diary(store).hear("Ana", "My favourite drink is now rooibos.", tick=200, session=4)
    (new,) = set(records.write()) - set(first)
    old, held = store.history(new)
    assert old.content["preferences"] == {"drink": "cider"} and old.status == "archived"
    assert held.content["preferences"] == {"drink": "rooibos"} and held.version == 2


def test_profiles_are_derived_anew_without_who_is_forgotten() -> None:
    store = told(*SAID)
    records = ProfileRecords(store)
    attach(store, records)
    records.write()
    report = store.forget(about="Bo")
    assert len(report.rebuilt) == 1
    shared = store.query(Filter(kind="summary", viewer="Cy"))
    assert [record.content["partner"] for record in shared] == ["Ana"]
    assert shared[0].content["facts"] == {}
    assert shared[0].content["preferences"] == {"drink": "cider"}
    assert "Bo" not in str(list(store.records())) and store.verify().ok
    again = store.digest()
    records.write()
    assert store.digest() == again


def test_a_form_is_filled_from_what_is_known_with_citations() -> None:
    store = told(*SAID)
    form = {
        "drink": ("tea", "Cider"),
        "preferred_colour": ("teal", "navy"),
        "Favorite drink": ("tea", "milk"),
        "nickname": None,
        "usual place": ("the loft", "cellar"),
        "last session": None,
        "door code": None,
    }
    filled = prefill(store, form, "Ana")
    assert {name: each.value for name, each in filled.items()} == {
        "drink": "Cider",
        "preferred_colour": None,
        "Favorite drink": None,
        "nickname": "Sparrow",
        "usual place": "the loft",
        "last session": "3",
        "door code": "4711",
    }
    for each in filled.values():
        assert bool(each.citations) == (each.value is not None)
        assert all(record_id in store for record_id in each.citations)
    assert prefill(store, form, "Ana", viewer="Bo")["door code"].value is None
    assert prefill(store, form, "Nobody")["drink"].value is None


def test_forms_of_scripted_partners_are_filled_without_a_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a network call")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    right = count = 0
    for seed in range(3):
        script = draw_script(np.random.default_rng(seed), first_tick=1, ticks_between=100)
        store = MemoryStore()
        diary = Diary(store)
        truth: dict[tuple[str, str], str] = {}
        tick = 0
        for session in script.sessions[:3]:
            for line in session.lines:
                tick += 1
                diary.hear(
                    line.speaker,
                    line.text,
                    tick=tick,
                    session=session.number,
                    private=line.private,
                )
                if line.telling is not None and line.telling.name.startswith("favourite "):
                    truth[line.speaker, line.telling.name] = line.telling.value
        ProfileRecords(store).write()
        for partner in script.partners:
            form = {f"favourite {noun}": pool for noun, pool in words.FAVOURITES.items()}
            for name, filled in prefill(store, form, partner).items():
                expected = truth.get((partner, name))
                assert expected is not None or filled.value is None, "nothing is guessed"
                count += expected is not None
                right += expected is not None and filled.value == expected
    assert count == 36 and right / count >= 0.9
