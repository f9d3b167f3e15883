"""What weighs the signals of a question, and learns from what was cited."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from embodied_mem.types import BoolArray, Float64Array, Int64Array


class Plan(NamedTuple):
    """How to rank the candidates of one question."""

    weights: Float64Array
    """(6,) of the signals, none negative; those asked for are not all 0."""
    lift: Float64Array | None
    """(n,) added to the scores of the candidates for the order alone, to explore; None: nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Lesson:
    """An answered question: what could be shown, what was, and what of that was cited."""

    features: Float64Array
    """Of the question, see `describe`."""
    asked: BoolArray
    """(6,) which signals counted."""
    signals: Float64Array
    """(n, 6) of all candidates, in the order of `Signals`."""
    shown: Int64Array
    """(m,) which of them were shown, best first."""
    cited: BoolArray
    """(m,) which of these were cited."""


class Reranker(Protocol):
    """Gives signals weights, question by question."""

    def plan(self, features: Float64Array, asked: BoolArray, count: int) -> Plan:
        """Says how to rank.

        Args:
            features: Of the question, see `describe`.
            asked: (6,) which signals count.
            count: Candidates.
        """
        ...

    def learn(self, lesson: Lesson) -> None:
        """Learns from one answered question."""
        ...
