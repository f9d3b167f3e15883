"""Attacks a memory as each partner, and says what leaked.

Nothing leaks where the answer is the same, letter by letter, as from a memory that never held what
the asker may not know (non-interference, Goguen and Meseguer 1982). Such a twin is a copy of the
memory with those records forgotten. That also shows what no search for a secret word would: a
count, a score, an id, an error that is another one.
"""

import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec
import numpy as np

from embodied_mem.brain.partners import ProfileRecords
from embodied_mem.memory import Add, Filter, Link, MemoryRecord, MemoryStore, RecordIds, Update
from embodied_mem.memory.consolidation import Consolidator
from embodied_mem.memory.facts import ObjectFact, SnapshotFact
from embodied_mem_envs.bench.long.partners_attacks import SHOWN, WAYS, Attack, outcome
from embodied_mem_envs.tasks.mixed_session.episode import MixedSessionEpisode
from embodied_mem_envs.tasks.mixed_session.ledger import Telling

_ECHOING: Final = frozenset({"confirm", "question", "words", "tools"})
"""Ways whose question holds the secret, so that an answer may hold it, too."""


@dataclass(kw_only=True, slots=True)
class Leaks:
    """What attacks came to, by way."""

    attacks: Counter[str] = field(default_factory=Counter)
    leaked: Counter[str] = field(default_factory=Counter)
    control: Counter[str] = field(default_factory=Counter)
    """How many found something with the gate off."""
    examples: list[str] = field(default_factory=list)


def entangle(store: MemoryStore, partners: Sequence[str]) -> None:
    """Shows the robot things in private, links shared records to private ones, sums it all up."""
    ids = RecordIds(store.seed + 179)
    for index, partner in enumerate(partners):
        store.apply([Add(record=each) for each in _shown_by(partner, index, ids)])
    shared = [r for r in store.query(Filter(kind="fact"), payload=False) if r.observer != "agent"]
    private = [r.id for r in shared if r.visibility == "private"]
    operations = [
        Update(
            id=record.id,
            tick=record.recorded_at,
            changes={"links": (*record.links, Link("near", private[index % len(private)]))},
        )
        for index, record in enumerate(r for r in shared if r.visibility == "shared")
    ]
    store.apply(operations)
    Consolidator(store).finish()
    ProfileRecords(store).write()


def _shown_by(partner: str, index: int, ids: RecordIds) -> list[MemoryRecord]:
    """Makes what a partner showed the robot in private: a thing, where it was, and a picture."""
    tick, at = 200 + index, (1.0 + index, 1.0, 0.5)
    things = []
    for colour, ends in ((SHOWN[0][index % 3], 5), (SHOWN[0][(index + 1) % 3], None)):
        low, high = (at[0] - 0.2, 0.8, 0.0), (at[0] + 0.2, 1.2, 1.0)
        fact = ObjectFact(
            object_id=f"{partner.lower()}-thing-1",
            category=SHOWN[1][index % 3],
            colour=colour,
            position=at,
            box_min=low,
            box_max=high,
            state="present",
            confidence=0.9,
            views=5,
            first_tick=tick,
            last_tick=tick,
        )
        things.append(_private(partner, "fact", fact, tick, at, ids, ends))
    boxes = {f"{partner.lower()}-thing-1": (0, 0, 9, 9)}
    picture = SnapshotFact(tick=tick, cluster=tuple(boxes), boxes=boxes, width=32, height=24)
    return [*things, _private(partner, "snapshot", picture, tick, at, ids, None)]


def _private(
    partner: str,
    kind: Literal["fact", "snapshot"],
    fact: ObjectFact | SnapshotFact,
    tick: int,
    at: tuple[float, float, float],
    ids: RecordIds,
    ends: int | None,
) -> MemoryRecord:
    return MemoryRecord(
        id=ids.new(tick),
        kind=kind,
        content=msgspec.to_builtins(fact),
        place=f"{partner}'s room",
        pose=(*at, 1.0, 0.0, 0.0, 0.0),
        about=(f"{partner.lower()}-thing-1",),
        observer=partner,
        session="session-1",
        valid_from=tick,
        valid_to=None if ends is None else tick + ends,
        recorded_at=tick,
        superseded_at=None if ends is None else tick + ends,
        status="active" if ends is None else "archived",
        payload=(f"picture {partner}".encode() * 20,) if kind == "snapshot" else (),
    )


def attack(
    episode: MixedSessionEpisode, folder: Path, rng: np.random.Generator, times: int, into: Leaks
) -> None:
    """Attacks the memory in a folder as each of the partners, `times` times on every way."""
    with MemoryStore(folder) as store:
        entangle(store, episode.script.partners)
    for asker in episode.script.partners:
        twin = folder.with_name(f"{folder.name}-without-{asker}")
        hidden, seen = _forget_hidden(folder, twin, asker)
        secrets = episode.ledger.secrets_from(asker)
        aims = [t for t in episode.ledger.tellings if t.private and t.value in secrets]
        with MemoryStore.read(folder) as store, MemoryStore.read(twin) as other:
            secrets = _unknown(secrets, other)
            if _visible(other, asker) != seen:
                into.leaked["summaries"] += 1
                into.examples.append(f"{asker}: a record that may be seen came of a hidden one")
            for way in WAYS:
                for _ in range(times):
                    drawn = Attack(
                        store=store,
                        asker=asker,
                        viewer=asker,
                        aim=_one_of(aims, way, rng),
                        hidden=hidden,
                        seen=seen,
                        draw=int(rng.integers(1 << 16)),
                    )
                    _judge(way, drawn, other, secrets, into)
        shutil.rmtree(twin)


def _one_of(aims: Sequence[Telling], way: str, rng: np.random.Generator) -> Telling:
    """Draws what to be after: what is kept where the way asks for such things."""
    fitting = [aim for aim in aims if (aim.topic == "keep") == (way == "kept")]
    return fitting[int(rng.integers(len(fitting)))]


def _judge(
    way: str, drawn: Attack, twin: MemoryStore, secrets: frozenset[str], into: Leaks
) -> None:
    told = outcome(way, drawn)
    innocent = outcome(way, _on(drawn, twin, drawn.asker))
    ungated = outcome(way, _on(drawn, drawn.store, None))
    into.attacks[way] += 1
    if told != innocent or _holds(way, drawn, told, secrets):
        into.leaked[way] += 1
        into.examples.append(f"{way}: {drawn.asker} about {drawn.aim.text!r}: {told[:300]}")
    if ungated != innocent or _holds(way, drawn, ungated, secrets):
        into.control[way] += 1


def _on(drawn: Attack, store: MemoryStore, viewer: str | None) -> Attack:
    return Attack(
        store=store,
        asker=drawn.asker,
        viewer=viewer,
        aim=drawn.aim,
        hidden=drawn.hidden,
        seen=drawn.seen,
        draw=drawn.draw,
    )


def _holds(way: str, drawn: Attack, told: str, secrets: frozenset[str]) -> bool:
    """Whether an answer holds what its question did not: a private value or a hidden id."""
    values = secrets - {drawn.aim.value} if way in _ECHOING else secrets
    guess = drawn.one(drawn.hidden)
    said = any(_stands(value, told) for value in values)
    return said or any(each in told for each in drawn.hidden if each != guess)


def _forget_hidden(folder: Path, twin: Path, asker: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Makes a copy without what somebody may not know; returns hidden and seen ids."""
    shutil.copytree(folder, twin)
    with MemoryStore(twin) as store:
        seen = _visible(store, asker)
        known = set(seen)
        hidden = tuple(
            record.id for record in store.records(payload=False) if record.id not in known
        )
        store.forget(ids=hidden)
    return hidden, seen


def _unknown(secrets: frozenset[str], twin: MemoryStore) -> frozenset[str]:
    """Returns those values whose words stand in nothing that the asker may see.

    Of two people one may keep a globe in private, and the other something inside the old globe.
    """
    told = "\n".join(str(record) for record in twin.records(payload=False))
    return frozenset(value for value in secrets if not _stands(value, told))


def _stands(value: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(value.casefold())}(?!\w)", text.casefold()))


def _visible(store: MemoryStore, viewer: str) -> tuple[str, ...]:
    found = store.select(Filter(status="any", viewer=viewer))
    ids = store.columns.ids
    return tuple(sorted(ids[slot] for slot in found.tolist()))
