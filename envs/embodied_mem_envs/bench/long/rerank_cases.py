"""Three scripted worlds in which it is known which records a question needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem.brain.partners import Diary
from embodied_mem.memory import Filter, MemoryStore
from embodied_mem.memory.links import LinkType
from embodied_mem_envs.bench.long.links_world import Week
from embodied_mem_envs.bench.long.rerank_world import KINDS, Household
from embodied_mem_envs.tasks.mixed_session.asks import AskDrawer
from embodied_mem_envs.tasks.mixed_session.config import MixedSessionConfig
from embodied_mem_envs.tasks.mixed_session.ledger import Ledger
from embodied_mem_envs.tasks.mixed_session.script import draw_script

WEEK_LINKS: Final[tuple[LinkType, ...]] = ("near", "same_object", "before", "derived_from")
_SESSION: Final = 1000
"""Ticks from one session of a tale to the next."""


_ALL: Final = Filter()


@dataclass(frozen=True, kw_only=True)
class Case:
    """A question to a memory, and the records that answer it."""

    store: MemoryStore
    text: str
    needed: frozenset[str]
    kind: str
    pose: tuple[float, float, float] | None = None
    time: int | None = None
    filter: Filter = _ALL
    expand: int = 0


def household(seed: int, count: int) -> Iterator[Case]:
    """Yields questions about a household, of all kinds alike."""
    house, rng = Household(seed), np.random.default_rng([seed, 4])
    for _ in range(count):
        question = house.ask(KINDS[int(rng.integers(len(KINDS)))])
        yield Case(
            store=house.store,
            text=question.text,
            needed=frozenset([question.needed]),
            kind=question.kind,
            pose=question.pose,
            time=question.time,
        )


def week(seed: int, count: int) -> Iterator[Case]:
    """Yields questions about a week whose records are linked; half of them take one hop."""
    made, rng = Week(seed), np.random.default_rng([seed, 5])
    for number in range(count):
        link = WEEK_LINKS[int(rng.integers(len(WEEK_LINKS)))]
        question = made.two_hops(link) if number % 2 else made.one_hop()
        yield Case(
            store=made.store,
            text=question.text,
            needed=question.needed,
            kind=question.link or "one_hop",
            expand=1,
        )


def tales(seed: int, count: int) -> Iterator[Case]:
    """Yields what the partners of `mixed_session` ask about what they told, tale after tale."""
    for tale in range(count):
        script = draw_script(
            np.random.default_rng([seed, tale, 6]), first_tick=100, ticks_between=_SESSION
        )
        store, ledger = MemoryStore(seed=tale), Ledger()
        diary = Diary(store)
        for session in script.sessions:
            start = (session.number - 1) * _SESSION + 100
            for tick, line in enumerate(session.lines, start):
                diary.hear(
                    line.speaker,
                    line.text,
                    tick=tick,
                    session=session.number,
                    private=line.private,
                )
                ledger.tellings += [line.telling] if line.telling else []
        drawer = AskDrawer(ledger, script.partners, np.random.default_rng([seed, tale, 7]))
        for drawn in drawer.draw(MixedSessionConfig().at_end):
            allowed = Filter(kind="fact", status="any", viewer=drawn.partner)
            said = store.query(allowed, payload=False)
            needed = frozenset(each.id for each in said if each.valid_from in drawn.relevant)
            if needed:
                yield Case(
                    store=store, text=drawn.text, needed=needed, kind=drawn.kind, filter=allowed
                )
