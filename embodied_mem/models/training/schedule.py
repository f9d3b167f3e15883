"""The learning rate as training goes on, by updates done and never by the clock."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class WarmCosine:
    """Rises in a straight line, then falls along half a cosine (Loshchilov and Hutter, 1608.03983).

    >>> rate = WarmCosine(peak=1.0, last=0.0, warm=0.2)
    >>> [round(rate(done), 2) for done in (0.0, 0.1, 0.2, 0.6, 1.0)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """

    peak: float
    last: float
    """At the end of training."""
    warm: float
    """Share of the training during which it rises."""

    def __call__(self, done: float) -> float:
        """Returns the rate at a share of the training, 0 to 1."""
        if done < self.warm:
            return self.peak * done / self.warm
        fallen = (done - self.warm) / (1.0 - self.warm)
        return self.last + (self.peak - self.last) * 0.5 * (1.0 + math.cos(math.pi * fallen))
