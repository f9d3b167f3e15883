"""Which records the tools really showed: an answer may cite these and no others."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, final

import msgspec

from embodied_mem.brain.asking.replies import Conclusion
from embodied_mem.brain.language.recollection import Citation
from embodied_mem.brain.tools import ToolResult
from embodied_mem.brain.tools.access import Access
from embodied_mem.brain.tools.result import Refused, quoted
from embodied_mem.errors import MalformedOutputError
from embodied_mem.memory.record import Kind

_NAMES: Final = ("id", "snapshot")
"""Fields of tools' values that name a record."""
_NAMED: Final = 30
"""Ids that are told to a model that cited another."""
_THINGS: Final = ("object", "asked_for")
"""Fields of tools' values that name a thing."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A record that an answer cites."""

    name: str
    """Short name, as the tools and the answer give it."""
    record: str
    """Whole id."""
    kind: Kind
    tick: int
    """When it began to hold."""
    call: int
    """Number of the call that showed it first, from 1."""


@final
class Shown:
    """The records that results named, in words that the model could read."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._calls: dict[str, int] = {}
        self._things: dict[str, None] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._calls

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def names(self) -> tuple[str, ...]:
        """Short names, the first shown first."""
        return tuple(self._calls)

    def add(self, result: ToolResult, call: int) -> None:
        """Takes in the result of a call.

        A name counts where the tool gave it as that of a record and the text told it: words that
        only look like a name, in a note that somebody wrote, do not.
        """
        for name in _fields(result.value, _NAMES):
            if name in result.text:
                self._calls.setdefault(name, call)
        self._things |= dict.fromkeys(_fields(result.value, _THINGS))

    def proofs(self, names: Sequence[str]) -> tuple[Proof, ...]:
        """Returns what is behind some names that were shown; records that are gone are left out."""
        proofs = []
        for name in dict.fromkeys(names):
            try:
                record = self._access.required(name)
            except Refused:
                continue  # it was erased meanwhile
            proofs.append(
                Proof(
                    name=name,
                    record=record.id,
                    kind=record.kind,
                    tick=record.valid_from,
                    call=self._calls[name],
                )
            )
        return tuple(proofs)

    def pictures(self, proofs: Sequence[Proof]) -> tuple[Citation, ...]:
        """Returns the cited pictures of what was asked about, as `answer_question` cites its."""
        cite = self._access.recollection.cite
        cited = {each.record for each in proofs if each.kind == "snapshot"}
        found = (cite(thing) for thing in self._things)
        return tuple(each for each in found if each is not None and each.snapshot in cited)


def check_proof(conclusion: Conclusion, shown: Shown) -> None:
    """Checks that an answer says something, and cites what was shown and something at all.

    Raises:
        MalformedOutputError: If it does not; it says what may be cited.
    """
    if not conclusion.answer.strip():
        raise MalformedOutputError("the answer is empty; say in words what the results tell")
    known = ", ".join(shown.names[:_NAMED]) or "none"
    cited = cited_names(conclusion)
    invented = [each for each in cited if each not in shown]
    if invented:
        raise MalformedOutputError(
            f"no result shows a record {quoted(invented[0])}; cite only ids that the results show: "
            f"{known}"
        )
    if conclusion.status == "answered" and not shown.proofs(cited):
        raise MalformedOutputError(
            f"an answer needs proof: cite one or more of the ids that the results show ({known}), "
            'or write the status "unknown"'
        )


def cited_names(conclusion: Conclusion) -> tuple[str, ...]:
    """Returns the short names that an answer cites, each once."""
    return tuple(dict.fromkeys(map(plain_name, conclusion.cites)))


def plain_name(cited: str) -> str:
    """Returns a cited name without the signs that a model may put around it.

    >>> plain_name(" [K3fm7qp] ")
    'k3fm7qp'
    """
    return cited.strip().strip("[]()#\"'`.,").lower()


def _fields(value: Any, names: Collection[str]) -> Iterator[str]:
    """Yields the texts in fields of some names, however deep they are."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key in names and isinstance(each, str):
                yield each
            else:
                yield from _fields(each, names)
    elif isinstance(value, list):
        for each in value:
            yield from _fields(each, names)
