"""What is written down of every metric, so that two numbers of one name mean the same."""

from dataclasses import dataclass
from typing import Literal

Better = Literal["more", "less", "neither"]
OverAsks = Literal["mean", "sum", "episode"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One metric of an episode."""

    name: str
    version: int
    """Grows when the same episode would get another number."""
    unit: str
    better: Better
    formula: str
    """In words, with every constant that it depends on."""
    source: str
    """Paper and section, or where else the definition comes from."""
    over_asks: OverAsks = "mean"
    """How an episode's value comes from its asks; `episode` where it is measured as a whole."""
    failed: float | None = None
    """Value of an episode in which the agent broke; None keeps what was measured until then."""
    reproducible: bool = True
    """Whether the same seed gives the same number on every run: times do not."""
