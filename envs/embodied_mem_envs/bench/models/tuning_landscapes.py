"""Landscapes to search: how much a server does of use at each setting.

Generated ones follow a simple model of a server that batches (Kwon et al. 2023, PagedAttention, for
the shape: throughput rises with the calls in flight until compute or memory is full, then falls),
with what makes real ones irregular (Wang et al. 2024, on the hyperparameters of vLLM: neighbours
differ, the best settings of one machine are not those of another).
"""

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.models.tuning.space import AXES, Setting, Space
from embodied_mem.types import Float64Array

SPACE: Final = Space(
    concurrency=(1, 2, 4, 8, 16, 32, 64),
    batch=(1, 2, 4, 8),
    image_size=(224, 336, 448, 672),
    max_tokens=(128, 512),
)
"""224 settings."""


@final
@dataclass(frozen=True, kw_only=True)
class Landscape:
    """What each setting of a space is worth, and how surely a measurement tells."""

    name: str
    space: Space
    goodput: Float64Array
    """True useful calls per second of each point, float64 (n,)."""
    noise: float = 0.0
    """Standard deviation of the logarithm of a measurement."""
    recorded: Float64Array | None = None
    """What was really measured, float64 (times, n); a measurement is one of these."""

    def measure(self, point: int, rng: np.random.Generator) -> float:
        """Returns one measurement of a point."""
        if self.recorded is not None:
            return float(rng.choice(self.recorded[:, point]))
        return float(self.goodput[point] * np.exp(self.noise * rng.standard_normal()))

    def share(self, point: int | None) -> float:
        """Returns what a point is worth, of the best; 0 for none."""
        return 0.0 if point is None else float(self.goodput[point] / self.goodput.max())


def generated(seed: int) -> Landscape:
    """Returns a generated landscape."""
    rng = np.random.default_rng(seed)
    settings = list(SPACE)
    flight = np.array([each.in_flight for each in settings], np.float64)
    batch = np.array([each.batch for each in settings], np.float64)
    image = np.array([each.image_size for each in settings], np.float64)
    limit = np.array([each.max_tokens for each in settings], np.float64)
    # Tokens read and written of a call; patches of 28 px.
    patch = rng.choice([14.0, 28.0, 32.0])
    read = rng.uniform(200, 2000) + np.ceil(image / patch) ** 2
    median = np.exp(rng.uniform(np.log(30), np.log(400)))
    spread = rng.uniform(0.3, 0.9)
    lengths = median * np.exp(spread * rng.standard_normal((1, 4000)))
    written = np.minimum(lengths, limit[:, None]).mean(axis=1)
    complete = (lengths <= limit[:, None]).mean(axis=1)
    # Seconds of a call alone, and how many can be served at a time before compute is full.
    full = np.exp(rng.uniform(np.log(2), np.log(128)))
    slots = np.exp(rng.uniform(np.log(1e4), np.log(1e6))) / (read + limit)
    alone = read * np.exp(rng.uniform(np.log(2e-5), np.log(1e-3))) + written * np.exp(
        rng.uniform(np.log(3e-3), np.log(5e-2))
    )
    running = np.minimum(flight, np.maximum(slots, 1.0))
    rate = running / (alone * (1.0 + running / full))
    # A group waits for its slowest; more than fit are preempted and read again.
    rate *= 1.0 - rng.uniform(0.0, 0.5) * (1.0 - 1.0 / np.sqrt(batch))
    over = np.maximum(flight / np.maximum(slots, 1.0), 1.0)
    rate /= over ** rng.uniform(0.0, 1.0)
    latency = flight / rate
    bound = np.exp(rng.uniform(np.log(2.0), np.log(60.0)))
    in_time = 1.0 / (1.0 + (latency / bound) ** rng.uniform(2, 8))
    dead = over > np.exp(rng.uniform(np.log(2), np.log(16)))
    reads = 1.0 / (1.0 + (rng.uniform(120, 500) / image) ** rng.uniform(2, 8))
    goodput = rate * in_time * complete * reads * np.where(dead, 0.0, 1.0)
    goodput *= _rough(rng)
    return Landscape(
        name=f"generated-{seed}",
        space=SPACE,
        goodput=np.where(goodput < 1e-3 * goodput.max(), 0.0, goodput),
        noise=float(rng.uniform(0.02, 0.06)),
    )


def _rough(rng: np.random.Generator) -> Float64Array:
    """Returns a factor for each point: kernels that suit some sizes, pairs of values and points."""
    shape = SPACE.shape
    rough = np.zeros(shape)
    for axis, count in enumerate(shape):
        sides = [1] * len(shape)
        sides[axis] = count
        rough += rng.uniform(0.05, 0.2) * rng.standard_normal(sides)
    flight = {each.in_flight for each in SPACE}
    by_flight = {each: rng.standard_normal() for each in sorted(flight)}
    rough += rng.uniform(0.05, 0.25) * np.array([by_flight[e.in_flight] for e in SPACE]).reshape(
        shape
    )
    rough += rng.uniform(0.02, 0.1) * rng.standard_normal(shape)
    factor: Float64Array = np.exp(rough).ravel()
    return factor


def default_point(space: Space) -> int:
    """Returns what is asked where nothing is tuned: one call at a time, nothing made smaller."""
    places = [0 if name in ("concurrency", "batch") else -1 for name in AXES]
    values = [axis[place] for axis, place in zip(space.axes().values(), places, strict=True)]
    return space.point(Setting(**dict(zip(AXES, values, strict=True))))
