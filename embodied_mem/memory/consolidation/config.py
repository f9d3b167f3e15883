"""Settings of consolidation."""

from dataclasses import dataclass

from embodied_mem.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsolidationConfig:
    """How much is done at a time, and what counts as alike."""

    records_a_step: int = 8
    """New records that one step looks at."""
    candidates: int = 10
    """Similar records that a new one is compared with, at most."""
    links_of_a_type: int = 3
    """Links of one type that consolidation writes into one record at most."""
    same_spot: float = 0.25
    """Metres within which two positions of an object are one: nothing moved between them."""
    near: float = 1.0
    """Metres within which two things are near each other."""
    likeness: float = 0.9
    """Least cosine of two things under different names that may be one..."""
    overlap: float = 0.15
    """...and metres that their middles may lie apart."""
    evolved: int = 3
    """Neighbours that a new note may evolve; 0 leaves them as they are."""
    shared_words: int = 2
    """Words that two notes must share at least for one to evolve the other."""
    tags: int = 8
    """Tags of one note at most, so that evolution comes to an end."""
    thin_past: bool = True
    """Let go of shape and look of what objects were before: where they were and when stays."""
    reflect_after: int = 16
    """New records of a room or a session after which a step summarises it anew."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a value is out of its range.
        """
        for name in ("records_a_step", "candidates", "links_of_a_type", "tags", "reflect_after"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected 1 or more")
        for name in ("same_spot", "near", "overlap", "evolved", "shared_words"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected 0 or more")
        if not -1.0 <= self.likeness <= 1.0:
            raise ConfigError(f"likeness is {self.likeness}; expected a cosine, -1 to 1")
