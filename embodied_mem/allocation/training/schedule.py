"""Values that change as training goes on, by updates done and never by the clock."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Ramp:
    """Goes in a straight line from one value to another, and stays there.

    >>> [Ramp(start=1.0, end=0.2, until=0.5)(done) for done in (0.0, 0.25, 0.5, 1.0)]
    [1.0, 0.6, 0.2, 0.2]
    """

    start: float
    end: float
    until: float = 1.0
    """Share of the training after which the value is `end`."""

    def __call__(self, done: float) -> float:
        """Returns the value at a share of the training, 0 to 1."""
        share = min(1.0, done / self.until)
        return self.start * (1.0 - share) + self.end * share
