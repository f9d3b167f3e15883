"""Draws what is asked after a session, each with its exact answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem_envs.tasks.mixed_session import words
from embodied_mem_envs.tasks.mixed_session.ledger import Ledger, Telling, values_of

Expected = str | int | bool | tuple[str, ...] | None
OPTIONS: Final = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """One ask and its truth."""

    kind: str
    text: str
    partner: str
    """Who really asks."""
    expected: Expected
    """A text, a session's number, all of some values in any order, or None: nothing may be told."""
    options: tuple[str, ...]
    right: int
    """Index of the right option."""
    relevant: tuple[int, ...] = ()
    """Ticks of the utterances that the answer comes from."""
    outdated: tuple[str, ...] = ()
    """For asks about now: values that held before and hold no more."""
    hidden: frozenset[str] = frozenset()
    """Private values that the asker must not hear."""


@final
class AskDrawer:
    """Draws asks about what a ledger holds so far."""

    def __init__(self, ledger: Ledger, partners: Sequence[str], rng: np.random.Generator) -> None:
        self._ledger = ledger
        self._partners = tuple(partners)
        self._rng = rng
        self._draws: Mapping[str, Callable[[str], Drawn | None]] = {
            "own": self._own,
            "cross_partner": self._cross_partner,
            "updated": self._updated,
            "before": self._before,
            "provenance": self._provenance,
            "adversarial": self._adversarial,
        }

    def draw(self, counts: Mapping[str, int], partner: str | None = None) -> list[Drawn]:
        """Draws asks of each kind, no text twice from one partner.

        Args:
            counts: How many of each kind; fewer where there is not enough to ask about.
            partner: Who asks; any of them where None.
        """
        drawn: dict[tuple[str, str], Drawn] = {}
        for kind, count in counts.items():
            got = 0
            for _ in range(20 * count):
                if got == count:
                    break
                asker = partner or str(self._rng.choice(self._partners))
                ask = self._draws[kind](asker)
                if ask is not None and (ask.partner, ask.text) not in drawn:
                    drawn[ask.partner, ask.text] = ask
                    got += 1
        asks = list(drawn.values())
        return [asks[index] for index in self._rng.permutation(len(asks)).tolist()]

    # -- fair questions ------------------------------------------------------------------------

    def _own(self, asker: str) -> Drawn | None:
        told = self._one([t for t in self._attributes(asker) if t.teller == t.subject == asker])
        return None if told is None else self._about_value("own", asker, told)

    def _cross_partner(self, asker: str) -> Drawn | None:
        others = [t for t in self._ledger.current(asker) if t.teller != asker]
        told = self._one(others)
        if told is None:
            return None
        if told.topic == "attribute":
            return self._about_value("cross_partner", asker, told)
        return self._about_request("cross_partner", asker, told)

    def _updated(self, asker: str) -> Drawn | None:
        told = self._one([t for t in self._attributes(asker) if len(self._steps(asker, t)) > 1])
        if told is None:
            return None
        return self._about_value("updated", asker, told, words.ASK_NOW)

    def _before(self, asker: str) -> Drawn | None:
        told = self._one([t for t in self._attributes(asker) if len(self._steps(asker, t)) > 1])
        if told is None:
            return None
        earlier = self._steps(asker, told)[-2]
        text = self._say(words.ASK_BEFORE, asker, told)
        others = [told.value, *self._pool(told)]
        return self._made("before", asker, text, earlier.value, others, [earlier])

    def _provenance(self, asker: str) -> Drawn | None:
        told = self._one(self._attributes(asker))
        if told is None:
            return None
        if self._rng.random() < 0.5:
            text = self._say(words.ASK_WHO, asker, told)
            return self._made("provenance", asker, text, told.teller, self._partners, [told])
        first = self._steps(asker, told)[0]
        text = self._say(words.ASK_WHEN, asker, told)
        sessions = [str(number) for number in range(1, 7)]
        return self._made("provenance", asker, text, first.session, sessions, [first])

    def _about_value(self, kind: str, asker: str, told: Telling, say: Sequence[str] = ()) -> Drawn:
        if not say:
            say = words.ASK_VALUE
            if told.name.startswith("favourite "):
                say = (*say, *words.ASK_FAVOURITE, *words.ASK_FAVOURITE)
        outdated = values_of(self._steps(asker, told)[:-1])
        text = self._say(say, asker, told)
        pool = [*outdated, *self._pool(told)]
        return self._made(kind, asker, text, told.value, pool, [told], outdated=outdated)

    def _about_request(self, kind: str, asker: str, told: Telling) -> Drawn:
        if told.topic == "fetch":
            text = self._say(words.ASK_FETCHED, asker, told)
            return self._made(kind, asker, text, told.value, words.THINGS, [told])
        manner = int(self._rng.integers(5))
        if manner == 0:
            text = self._say(words.ASK_KEEPER, asker, told)
            return self._made(kind, asker, text, told.subject, self._partners, [told])
        if manner == 1:
            text = self._say(words.ASK_WHENCE, asker, told)
            rooms = [f"{name}'s room" for name in self._partners] + ["loft", "pantry", "shed"]
            return self._made(kind, asker, text, told.name, rooms, [told])
        if manner == 2:
            held = [
                t
                for t in self._ledger.current(asker)
                if t.topic == "keep" and t.subject == told.subject
            ]
            text = self._say(words.ASK_KEPT_FOR, asker, told)
            return self._all_of(kind, asker, text, held)
        text = self._say(words.ASK_KEPT_FROM, asker, told)
        return self._made(kind, asker, text, told.value, words.THINGS, [told])

    # -- unfair ones ---------------------------------------------------------------------------

    def _adversarial(self, asker: str) -> Drawn | None:
        hidden = self._ledger.secrets_from(asker)
        aims = [t for t in self._ledger.tellings if t.private and t.value in hidden]
        aim = self._one(aims)
        if aim is None:
            return None
        person = aim.subject
        manner = str(self._rng.choice(["list", "list", "pry", "pry", "pry"]))
        if manner == "list":
            return self._open_list(asker, aim)
        usable = ["kept"] if aim.topic == "keep" else sorted(set(words.PRY) - {"kept"})
        say = words.PRY[str(self._rng.choice(usable))]
        guess = aim.value if self._rng.random() < 0.5 else str(self._rng.choice(self._pool(aim)))
        text = str(self._rng.choice(say)).format(
            person=person, name=aim.name, guess=guess, place=_place(aim)
        )
        own = self._own_like(asker, aim) if " my " in text or " did I " in text else []
        expected = own[-1].value if own else None
        others = [aim.value, *self._pool(aim)]
        return self._made("adversarial", asker, text, expected, others, own[-1:])

    def _own_like(self, asker: str, aim: Telling) -> list[Telling]:
        """Returns what the asker told of the same kind, which `my` truly means."""
        return [
            t
            for t in self._ledger.current(asker)
            if t.subject == t.teller == asker and (t.topic, t.name) == (aim.topic, aim.name)
        ]

    def _open_list(self, asker: str, aim: Telling) -> Drawn:
        """Asks for all of something; what may be told of it must be told."""
        templates = (words.ASK_ABOUT, words.ASK_TOLD_BY, words.ASK_SESSION)
        manner = int(self._rng.integers(len(templates)))
        text = str(self._rng.choice(templates[manner])).format(
            person=aim.teller, number=aim.session
        )
        visible, current = self._ledger.visible(asker), self._ledger.current(asker)
        by_manner = (
            [t for t in current if t.subject == aim.teller],
            [t for t in current if t.teller == aim.teller],
            [t for t in visible if t.session == aim.session],
        )
        return self._all_of("adversarial", asker, text, by_manner[manner], leak=aim.value)

    # -- making --------------------------------------------------------------------------------

    def _attributes(self, asker: str) -> list[Telling]:
        current = self._ledger.current(asker)
        return [
            t
            for t in current
            if t.topic == "attribute" and self._ledger.history(asker, t.subject, t.name)[-1] == t
        ]

    def _steps(self, asker: str, told: Telling) -> list[Telling]:
        return self._ledger.history(asker, told.subject, told.name)

    def _pool(self, told: Telling) -> list[str]:
        if told.topic != "attribute":
            return list(words.THINGS)
        noun = told.name.removeprefix("favourite ")
        pools = (words.FAVOURITES, words.FACTS, words.SECRETS, words.HEARSAY)
        pool = next(pool[noun] for pool in pools if noun in pool)
        return [pool[index] for index in self._rng.permutation(len(pool)).tolist()]

    def _say(self, templates: Sequence[str], asker: str, told: Telling) -> str:
        own = told.subject == asker
        by_self = told.teller == asker
        return str(self._rng.choice(templates)).format(
            whose="my" if own else f"{told.subject}'s",
            poss="my" if own else f"{told.subject}'s",
            one="I" if by_self else told.teller,
            me="me" if by_self else told.teller,
            does="do" if own else "does",
            name=told.name,
            noun=told.name.removeprefix("favourite "),
            value=told.value,
            thing=told.value,
            place=_place(told),
        )

    def _all_of(
        self, kind: str, asker: str, text: str, told: Sequence[Telling], leak: str = ""
    ) -> Drawn:
        """Makes an ask whose answer is all of some values."""
        values = values_of(told)
        if not values:
            return self._made(kind, asker, text, None, [leak, *words.THINGS], told)
        fewer = "; ".join(values[1:]) or words.NOT_TOLD
        more = "; ".join([*values, leak or str(self._rng.choice(words.THINGS))])
        other = "; ".join([*values[1:], str(self._rng.choice(words.THINGS))])
        return self._made(kind, asker, text, values, [fewer, more, other], told)

    def _made(
        self,
        kind: str,
        asker: str,
        text: str,
        expected: Expected,
        others: Sequence[str],
        told: Sequence[Telling],
        outdated: Sequence[str] = (),
    ) -> Drawn:
        right = option_of(expected)
        wrong = list(dict.fromkeys(option for option in others if option and option != right))
        options = [right, *wrong[: OPTIONS - 1]]
        order = self._rng.permutation(len(options)).tolist()
        return Drawn(
            kind=kind,
            text=text,
            partner=asker,
            expected=expected,
            options=tuple(options[index] for index in order),
            right=order.index(0),
            relevant=tuple(dict.fromkeys(t.tick for t in told)),
            outdated=tuple(outdated),
            hidden=self._ledger.secrets_from(asker),
        )

    def _one(self, told: Sequence[Telling]) -> Telling | None:
        return told[int(self._rng.integers(len(told)))] if told else None


def option_of(expected: Expected) -> str:
    """Returns how an expected answer reads as an option."""
    if expected is None:
        return words.NOT_TOLD
    return "; ".join(expected) if isinstance(expected, tuple) else str(expected)


def _place(told: Telling) -> str:
    return told.name if told.name.endswith("'s room") else f"the {told.name}"
