"""Places for the entries of a memory that names none, found from the way that was taken."""

import msgspec
import numpy as np

from embodied_mem.memory.episodic.entries import Entries, with_places
from embodied_mem.memory.episodic.online_places import OnlinePlaces, OnlinePlacesConfig
from embodied_mem.memory.facts import WalkFact, active
from embodied_mem.memory.store import MemoryStore
from embodied_mem.types import Float64Array


def way_of(store: MemoryStore, *, viewer: str | None = None) -> tuple[Float64Array, ...]:
    """Returns the walks that a memory keeps, each as (n, 2) points in metres, the earliest first.

    Nothing where one of them goes over several floors: its points do not tell their height. Where
    there is a viewer, only walks that they may know of, see `Filter.viewer`.
    """
    facts = [fact for _, fact in active(store, WalkFact, payload=False, viewer=viewer)]
    if any(fact.floors for fact in facts):
        return ()
    facts.sort(key=lambda fact: (fact.first_tick, msgspec.json.encode(fact)))
    return tuple(np.array(fact.path, np.float64).reshape(-1, 2) for fact in facts)


def with_found_places(
    entries: Entries, config: OnlinePlacesConfig, way: tuple[Float64Array, ...] = ()
) -> Entries:
    """Returns entries with places found for those that have none.

    Entries are far apart, so the way between them, where it is known, tells better which places
    there are; then each entry lies in the place of the spot that is nearest to it.

    Args:
        entries: In the order of time.
        config: How places are found.
        way: Walks over one floor, see `way_of`; () finds places from the entries themselves.
    """
    finder = OnlinePlaces(config)
    rows = np.flatnonzero(entries.posed).tolist()
    points = entries.positions.astype(np.float64)
    if any(map(len, way)):
        points[:, 2] = 0.0
        for walk in way:
            for x, y in walk.tolist():
                finder.observe((x, y, 0.0))
        spots = {row: finder.nearest(points[row]) for row in rows}
    else:
        spots = {}
        for row in rows:
            finder.observe(points[row], entries.vectors[row])
            spots[row] = finder.spot
    finder.divide()
    found = [finder.place_of(spots[row]) if row in spots else None for row in range(len(entries))]
    return with_places(entries, found)
