"""One seeded episode: six sessions, and what is asked after them."""

from collections.abc import Iterator
from typing import Final, final

import numpy as np

from embodied_mem_envs.house.catalogue import catalogue
from embodied_mem_envs.tasks.asking import AskingEpisode
from embodied_mem_envs.tasks.episode import Ask, Happening, Judgement, NewVisit, Reply, Utterance
from embodied_mem_envs.tasks.mixed_session.asks import AskDrawer, Drawn
from embodied_mem_envs.tasks.mixed_session.config import MixedSessionConfig
from embodied_mem_envs.tasks.mixed_session.judging import judge
from embodied_mem_envs.tasks.mixed_session.ledger import Ledger
from embodied_mem_envs.tasks.mixed_session.script import Script, Session, draw_script
from embodied_mem_envs.tasks.mixed_session.tour import HouseTour

_BETWEEN: Final = 1000
"""Ticks from the start of one session to that of the next."""
_TALK: Final = 100
"""Ticks from the start of a session to its first utterance."""
_AFTER_EACH: Final = {"own": 1, "cross_partner": 1, "updated": 1}


@final
class MixedSessionEpisode(AskingEpisode):
    """One robot and three partners in a house: six sessions on different days.

    In each session the robot looks around one room, and one partner talks with it: preferences,
    facts, things to keep or to fetch, some of it private. In the second three sessions some of
    that changes. Asks come from the second session on, most of them after the last.

    Args:
        seed: What it is drawn from.
        config: How much is asked; the defaults where None.
    """

    def __init__(self, seed: int, config: MixedSessionConfig | None = None) -> None:
        super().__init__("mixed_session", seed)
        self.config = config or MixedSessionConfig()
        self.script: Script = draw_script(
            np.random.default_rng([seed, 151]), first_tick=_TALK, ticks_between=_BETWEEN
        )
        self.ledger = Ledger()
        """All that was told by the end: for evaluations, never for an agent."""
        self._drawn: list[Drawn] = []
        self._rng = np.random.default_rng([seed, 152])
        self._after = self._draw_asks()
        self._tour = HouseTour(seed, rooms=self.config.rooms, camera=self.config.camera)
        self._happenings = self._happen()

    @property
    def asks(self) -> int:
        """How many asks the whole episode has."""
        return sum(map(len, self._after)) + self.config.seen

    @property
    def body(self) -> None:
        """There is nothing to move."""

    def truth_of(self, number: int) -> Drawn:
        """Returns the truth of an ask that was asked: for evaluations, never for an agent."""
        return self._drawn[number]

    def close(self) -> None:
        """Releases the camera; safe to call twice."""
        self._tour.close()

    # -- inside --------------------------------------------------------------------------------

    def _draw_asks(self) -> list[list[Drawn]]:
        """Draws the asks after each session, by what was told until then."""
        drawer = AskDrawer(self.ledger, self.script.partners, self._rng)
        after = []
        for session in self.script.sessions:
            self.ledger.tellings += [line.telling for line in session.lines if line.telling]
            asks = []
            if session.number > 1 and self.config.after_each:
                asks += drawer.draw(_AFTER_EACH, session.partner)
            if session.number == len(self.script.sessions):
                asks += drawer.draw(self.config.at_end)
            after.append(asks)
        return after

    def _advance(self) -> Happening | None:
        return next(self._happenings, None)

    def _judge(self, ask: Ask, reply: Reply) -> Judgement:
        return judge(self._drawn[ask.number], reply)

    def _happen(self) -> Iterator[Happening]:
        for session, asks in zip(self.script.sessions, self._after, strict=True):
            start = (session.number - 1) * _BETWEEN
            if session.number > 1:
                self._tour.later()
                yield NewVisit(number=session.number - 1)
            yield from self._tour.look_around(session.number, start)
            yield from _talk(session, start + _TALK)
            for drawn in asks:
                yield self._ask(drawn)
        for _ in range(self.config.seen):
            yield self._ask(self._seen())

    def _ask(self, drawn: Drawn) -> Ask:
        self._drawn.append(drawn)
        return Ask(
            number=len(self._drawn) - 1,
            kind=drawn.kind,
            text=drawn.text,
            form="words",
            options=drawn.options,
            partner=drawn.partner,
        )

    def _seen(self) -> Drawn:
        """Draws an ask about a thing that showed, or of which the house has none."""
        held = {thing.category for thing in self._tour.house.objects}
        absent = sorted(set(catalogue().categories) - held)
        present = sorted(self._tour.shown)
        pool = present if present and self._rng.random() < 0.5 else absent
        category = str(self._rng.choice(pool))
        article = "an" if category[0] in "aeiou" else "a"
        template = str(self._rng.choice(("Is there {a} {c}?", "Have you seen {a} {c}?")))
        there = category in held
        return Drawn(
            kind="seen",
            text=template.format(a=article, c=category),
            partner=str(self._rng.choice(self.script.partners)),
            expected=there,
            options=("yes", "no"),
            right=0 if there else 1,
        )


def _talk(session: Session, tick: int) -> Iterator[Utterance]:
    for offset, line in enumerate(session.lines):
        yield Utterance(
            partner=line.speaker,
            text=line.text,
            tick=tick + offset,
            private=line.private,
            session=session.number,
        )
