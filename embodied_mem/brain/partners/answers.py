"""Answers partners from what the memory may tell them."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, final

from embodied_mem.brain.language.answers import answer_question
from embodied_mem.brain.partners.claims import Claim, Told, claims_for
from embodied_mem.brain.partners.questions import PartnerQuestion, read_question
from embodied_mem.errors import StoreError
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.retriever import Retriever
from embodied_mem.memory.store import MemoryStore

Status = Literal["answered", "unseen", "not_understood", "uncertain"]

NOTHING: Final = "I know nothing of that which I could tell you."
"""Said alike of what was never told and of what another told in private."""
_NEAR: Final = 0.35
"""Least score of an utterance that is quoted where a question was not understood."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PartnerAnswer:
    """An answer in words and in a form that programs check, with its evidence."""

    status: Status
    text: str
    value: Any = None
    """A text, a session's number, a bool, or a list of texts; None where nothing is told."""
    citations: tuple[str, ...] = ()
    """Ids of the records that it comes from."""

    @property
    def certain(self) -> bool:
        """Whether it is given without a reservation."""
        return self.status == "answered"


def answer_partner(
    text: str, store: MemoryStore, asker: str, *, viewer: str | None = ""
) -> PartnerAnswer:
    """Answers a question about what people told the robot, or about what it saw.

    Only records that are shared, or that the asker told, are read: what is private to another
    cannot be in the answer, whatever is asked and as whoever. Whether there is anything private
    cannot be told from the answer either.

    Args:
        text: What is asked.
        store: The memory.
        asker: Who really asks, as the robot knows by itself.
        viewer: On whose behalf records are read; the asker where empty, and None for no limit.
    """
    viewer = asker if viewer == "" else viewer
    question = read_question(text, asker)
    if question is None:
        seen = answer_question(text, store, viewer=viewer)
        if seen.status != "not_understood":
            return PartnerAnswer(status=seen.status, text=seen.text, value=seen.value)
        return _nearest(text, store, viewer)
    answer = _ANSWERERS[question.kind](_View(claims_for(store, viewer)), question)
    with contextlib.suppress(StoreError):  # opened for reading: then nobody counts
        store.note_reads(answer.citations, _last_tick(store), cited=True)
    return answer


@final
class _View:
    """The claims that may be told, oldest first."""

    def __init__(self, told: Sequence[Told]) -> None:
        self.told = tuple(told)

    @property
    def current(self) -> list[Told]:
        """What is believed now: nothing that ended or was replaced."""
        active = [told for told in self.told if told.record.status == "active"]
        return [told for told in active if not told.claim.ended]

    def attribute(self, question: PartnerQuestion) -> list[Told]:
        """Returns all that was told about an attribute, the word of whom it is about alone."""
        wanted = question.attribute.casefold()
        about = [
            told
            for told in self.told
            if told.claim.topic == "attribute" and told.claim.subject == question.subject
        ]
        named = [told for told in about if told.claim.attribute.casefold() == wanted]
        own = [told for told in named if told.claim.teller == question.subject]
        return own or named

    def requests(self, topic: str) -> list[Told]:
        """Returns the requests that still hold."""
        return [told for told in self.current if told.claim.topic == topic]


def _value(view: _View, question: PartnerQuestion) -> PartnerAnswer:
    told = [told for told in view.attribute(question) if told.record.status == "active"]
    if not told:
        return _nothing()
    claim = told[-1].claim
    by = "" if claim.teller == claim.subject else f", as {claim.teller} told me"
    return _answer(
        f"{claim.subject}'s {claim.attribute} is {claim.value}{by}.", claim.value, told[-1:]
    )


def _before(view: _View, question: PartnerQuestion) -> PartnerAnswer:
    told = view.attribute(question)
    steps = [
        each
        for index, each in enumerate(told)
        if index == 0 or told[index - 1].claim.value.casefold() != each.claim.value.casefold()
    ]
    if len(steps) < 2:
        return _nothing()
    claim = steps[-2].claim
    return _answer(
        f"Before that, {claim.subject}'s {claim.attribute} was {claim.value}.",
        claim.value,
        steps[-2:-1],
    )


def _confirm(view: _View, question: PartnerQuestion) -> PartnerAnswer:
    known = _value(view, question)
    if known.value is None:
        return known
    same = str(known.value).casefold() == question.value.casefold()
    text = f"Yes. {known.text}" if same else f"No. {known.text}"
    return PartnerAnswer(status="answered", text=text, value=same, citations=known.citations)


def _who_told(view: _View, question: PartnerQuestion) -> PartnerAnswer:
    told = view.attribute(question)
    if not told:
        return _nothing()
    teller = told[-1].claim.teller
    return _answer(f"{teller} told me.", teller, told[-1:])


def _when_told(view: _View, question: PartnerQuestion) -> PartnerAnswer:
    wanted = question.attribute.casefold()
    told = [
        each
        for each in view.told
        if each.claim.teller == question.subject and each.claim.attribute.casefold() == wanted
    ]
    if not told:
        return _nothing()
    session = told[0].session
    return _answer(f"That was in session {session}.", session, told[:1])


def _from_place(topic: str, verb: str) -> "_Answerer":
    def answer(view: _View, question: PartnerQuestion) -> PartnerAnswer:
        found = [
            told
            for told in view.requests(topic)
            if told.claim.subject == question.subject
            and told.claim.attribute.casefold() == question.place.casefold()
        ]
        if not found:
            return _nothing()
        claim = found[-1].claim
        text = f"{claim.subject} asked me to {verb} the {claim.value} from {claim.attribute}."
        return _answer(text, claim.value, found[-1:])

    return answer


def _kept_for(view: _View, question: PartnerQuestion) -> PartnerAnswer:
    found = [told for told in view.requests("keep") if told.claim.subject == question.subject]
    return _listed(f"For {question.subject} I keep", found)


def _keeper_of(view: _View, question: PartnerQuestion) -> PartnerAnswer:
    found = _keeping(view, question.value)
    if not found:
        return _nothing()
    person = found[-1].claim.subject
    return _answer(f"I keep the {question.value} for {person}.", person, found[-1:])


def _kept_whence(view: _View, question: PartnerQuestion) -> PartnerAnswer:
    found = [
        told for told in _keeping(view, question.value) if told.claim.subject == question.subject
    ]
    if not found:
        return _nothing()
    place = found[-1].claim.attribute
    return _answer(f"It comes from {place}.", place, found[-1:])


def _keeping(view: _View, thing: str) -> list[Told]:
    return [
        told for told in view.requests("keep") if told.claim.value.casefold() == thing.casefold()
    ]


def _about(view: _View, question: PartnerQuestion) -> PartnerAnswer:
    found = [told for told in view.current if told.claim.subject == question.subject]
    return _listed(f"Of {question.subject} I may tell", found)


def _told_by(view: _View, question: PartnerQuestion) -> PartnerAnswer:
    found = [told for told in view.current if told.claim.teller == question.subject]
    return _listed(f"{question.subject} told me", found)


def _session(view: _View, question: PartnerQuestion) -> PartnerAnswer:
    found = [
        told
        for told in view.told
        if told.session == question.session and question.subject in ("", told.claim.teller)
    ]
    return _listed(f"In session {question.session} I heard", found)


def _listed(start: str, found: Sequence[Told]) -> PartnerAnswer:
    if not found:
        return _nothing()
    lines = [_line(told.claim) for told in found]
    return _answer(f"{start}: {'; '.join(lines)}.", [told.claim.value for told in found], found)


def _line(claim: Claim) -> str:
    if claim.topic == "attribute":
        return f"{claim.subject}'s {claim.attribute} is {claim.value}"
    if claim.ended:
        return f"the {claim.value} is no longer to be kept"
    return f"the {claim.value} from {claim.attribute}"


def _nearest(text: str, store: MemoryStore, viewer: str | None) -> PartnerAnswer:
    """Quotes the utterance that is nearest to a question which fits no rule."""
    found = Retriever(store, viewer=viewer).query(text, k=1, filter=Filter(kind="event"))
    hits = [hit for hit in found.hits if hit.score >= _NEAR]
    if not hits:
        return PartnerAnswer(status="not_understood", text="I do not understand that question.")
    said = store.get(hits[0].id)
    return PartnerAnswer(
        status="uncertain",
        text=f'I am not sure what you ask. {said.observer} said: "{hits[0].text}"',
        citations=(said.id,),
    )


def _answer(text: str, value: Any, told: Sequence[Told]) -> PartnerAnswer:
    ids = tuple(each.record.id for each in told)
    return PartnerAnswer(status="answered", text=text, value=value, citations=ids)


def _nothing() -> PartnerAnswer:
    return PartnerAnswer(status="unseen", text=NOTHING)


def _last_tick(store: MemoryStore) -> int:
    columns = store.columns
    return int(columns.recorded_at[columns.slots()].max(initial=0))


_Answerer = Callable[[_View, PartnerQuestion], PartnerAnswer]
_ANSWERERS: Final[dict[str, _Answerer]] = {
    "value": _value,
    "before": _before,
    "confirm": _confirm,
    "who_told": _who_told,
    "when_told": _when_told,
    "kept_from": _from_place("keep", "keep"),
    "kept_for": _kept_for,
    "keeper_of": _keeper_of,
    "kept_whence": _kept_whence,
    "fetched_from": _from_place("fetch", "bring"),
    "about": _about,
    "told_by": _told_by,
    "session": _session,
}
