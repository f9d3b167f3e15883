"""What a retriever answers with: ranked records, why they rank so, and where they come from."""

from dataclasses import dataclass

from embodied_mem.memory.record import Pose


@dataclass(frozen=True, kw_only=True, slots=True)
class Signals:
    """How well a record fits, by each signal, from 0 to 1; None where it was not asked for."""

    semantic: float | None
    """Cosine with the query's vector; 0 where it is negative or the record has no such vector."""
    lexical: float | None
    """Share of the query's information (inverse document frequency) in words that it holds."""
    place: float | None
    """exp(-distance / reach) from the query's pose; 0 where the record has none."""
    recency: float
    """Halves with every half-life between the tick asked about and when it began to hold."""
    fidelity: float
    """1 less the error of its payload as held."""
    link: float | None = None
    """How well what it is linked with fits; None where links were not followed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Citation:
    """Where an answer comes from."""

    id: str
    tick: int
    """When it began to hold in the world."""
    place: str | None
    pose: Pose | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A record that was found."""

    id: str
    score: float
    """Fused score from 0 to 1; comparable within one answer and between equal questions."""
    signals: Signals
    citation: Citation
    text: str
    """Its words, see `text_of`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Retrieved:
    """An answer."""

    hits: tuple[Hit, ...]
    """Best first."""
    matching: int
    """How many records met the filter."""
    tokens: int
    """Estimated tokens of all texts of the hits, see `estimated_tokens`."""
    unreadable: tuple[str, ...] = ()
    """Ids of records that would have been looked at and are damaged; `verify` tells more."""
    query_id: str = ""
    """What `Retriever.feedback` takes; empty where the retriever does not learn."""


def estimated_tokens(text: str) -> int:
    """Estimates how many tokens a language model makes of a text and the line that it stands in.

    Four characters a token, as is usual for English, rounded up, and one for the line's end.

    >>> estimated_tokens("two red chairs"), estimated_tokens("")
    (5, 1)
    """
    return -(-len(text) // 4) + 1
