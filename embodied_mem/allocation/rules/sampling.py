"""Rules that keep a random sample of what arrived."""

from typing import final

import numpy as np

from embodied_mem.allocation.rules.observed import draws, group, is_held, of_entry, place, room
from embodied_mem.types import Float32Array, Float64Array, Int64Array


@final
class Random:
    """A slot drawn at random goes; the candidate is taken in."""

    def __call__(
        self, slots: Float32Array, context: Float32Array, rng: np.random.Generator
    ) -> Float64Array:
        """Returns how urgently each entry should go; see `Order`."""
        urgency = rng.random(slots.shape[:2])
        urgency[:, -1] = -np.inf
        return urgency


@final
class Reservoir:
    """A sample of all candidates so far in which each is as likely: Vitter's reservoir.

    By keys that each candidate draws once: the highest stay, which gives the same distribution as
    algorithm R (Vitter, ACM TOMS 11(1), 1985) and needs no count of the slots that there are.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    def __call__(
        self, slots: Float32Array, context: Float32Array, rng: np.random.Generator
    ) -> Float64Array:
        """Returns how urgently each entry should go; see `Order`."""
        return -draws(slots, context, self._seed)


@final
class WeightedReservoir:
    """A sample in which a candidate is likelier the more it shows, and the better: A-Res.

    A candidate of weight w draws the key u^(1/w), u uniform in (0, 1), and the highest stay
    (Efraimidis and Spirakis, Information Processing Letters 97, 2006, algorithm A-Res). Its weight
    is the number of things that it shows times the mean quality of their views.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    def __call__(
        self, slots: Float32Array, context: Float32Array, rng: np.random.Generator
    ) -> Float64Array:
        """Returns how urgently each entry should go; see `Order`."""
        weight = 8.0 * of_entry(slots, "objects") * of_entry(slots, "quality")
        spread: Float64Array = -np.log(draws(slots, context, self._seed))
        return spread / np.maximum(weight, 1e-2)


@final
class Balanced:
    """As many of each class as can be, and a random sample of each: CBRS.

    A record of the class that has most goes. A candidate of that class competes with its own, and
    is taken in by chance; any other is taken in (Chrysakis and Moens, ICML 2020, algorithm 1, with
    the classes that are largest now for those that ever were).
    """

    def __init__(self, by: str, seed: int = 0) -> None:
        self._class = {"place": place, "room": room, "group": group}[by]
        self._seed = seed

    def __call__(
        self, slots: Float32Array, context: Float32Array, rng: np.random.Generator
    ) -> Float64Array:
        """Returns how urgently each entry should go; see `Order`."""
        size = _competing(self._class(slots), slots)
        return size - 0.4 * draws(slots, context, self._seed)


@final
class Hierarchical:
    """A quota for each type of room, and in it for each group of things: coarse before fine.

    What is rare at the coarse level stays protected while one fine class of a common one floods in,
    as in online continual learning over a hierarchy of labels (Lee et al., "Online Continual
    Learning on Hierarchical Label Expansion", ICCV 2023); the sample in each class is random.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    def __call__(
        self, slots: Float32Array, context: Float32Array, rng: np.random.Generator
    ) -> Float64Array:
        """Returns how urgently each entry should go; see `Order`."""
        coarse = room(slots)
        fine = coarse * 64 + group(slots)
        most = 2.0 * slots.shape[1]
        size: Float64Array = most * _competing(coarse, slots) + _competing(fine, slots)
        return size - 0.4 * draws(slots, context, self._seed)


def _competing(classes: Int64Array, slots: Float32Array) -> Float64Array:
    """Returns (B, E) the size of each entry's class if the candidate were taken in.

    Half less for the candidate's class: where another is as large, that one gives way.
    """
    held = is_held(slots)
    held[:, -1] = True
    rows = np.broadcast_to(np.arange(len(slots))[:, None], classes.shape)
    spread = int(classes.max()) + 1
    _, inverse = np.unique(rows * spread + classes, return_inverse=True)
    inverse = inverse.reshape(classes.shape)
    counts = np.bincount(inverse.ravel(), held.ravel())
    sizes: Float64Array = counts[inverse] - 0.5 * (inverse == inverse[:, -1:])
    return sizes
