"""The truth of an episode: what was told, what of it holds, and who may hear it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, final

Topic = Literal["attribute", "keep", "fetch"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """One thing that a partner told the robot."""

    topic: Topic
    subject: str
    """Whom it is about."""
    name: str
    """Of an attribute its name; of a request where the thing is."""
    value: str
    """Of an attribute what it is; of a request the thing."""
    teller: str
    private: bool
    session: int
    tick: int
    text: str
    ended: bool = False
    """Whether a request was taken back."""

    @property
    def what(self) -> tuple[str, ...]:
        """What a later telling must agree in to be about the same."""
        named = self.name if self.topic == "attribute" else self.value
        return (self.topic, self.subject, named, self.teller, str(self.private))


@final
@dataclass(slots=True)
class Ledger:
    """Everything told so far, in order."""

    tellings: list[Telling] = field(default_factory=list)

    def visible(self, viewer: str) -> list[Telling]:
        """Returns what somebody may hear: what is not private, and what they told themselves."""
        return [t for t in self.tellings if not t.private or t.teller == viewer]

    def history(self, viewer: str, subject: str, name: str) -> list[Telling]:
        """Returns what was told of an attribute, oldest first; the subject's own word alone."""
        about = [
            t
            for t in self.visible(viewer)
            if t.topic == "attribute" and (t.subject, t.name) == (subject, name)
        ]
        own = [t for t in about if t.teller == subject]
        return own or about

    def current(self, viewer: str) -> list[Telling]:
        """Returns what holds now of what somebody may hear."""
        last: dict[tuple[str, ...], Telling] = {}
        for telling in self.visible(viewer):
            last[telling.what] = telling
        return [telling for telling in last.values() if not telling.ended]

    def secrets_from(self, viewer: str) -> frozenset[str]:
        """Returns the private values that somebody must not hear."""
        told = {t.value for t in self.tellings if t.private and t.teller != viewer}
        return frozenset(told - {t.value for t in self.visible(viewer)})


def values_of(tellings: Sequence[Telling]) -> tuple[str, ...]:
    """Returns the values of tellings, each once, in order."""
    return tuple(dict.fromkeys(telling.value for telling in tellings))
