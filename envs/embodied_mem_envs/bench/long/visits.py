"""`bench long --only visits`: ten visits of a house with a life of its own, under a byte budget."""

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from embodied_mem.memory import MemoryStore
from embodied_mem_envs.bench.long.visits_judge import (
    NOTHING_ASKED,
    Asker,
    Score,
    asked_about,
    is_at,
    moved_between,
    named,
    rooms_told,
    stale_claims,
)
from embodied_mem_envs.bench.long.visits_walk import VisitEnd, VisitsConfig, visit_house
from embodied_mem_envs.bench.long.visits_ways import Way, ways
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval
from embodied_mem_envs.evaluation.truth import HouseView

FIRST_SEED: Final = 1000
_HOUSES: Final = 6
_NOISY_HOUSES: Final = 3
_FLAT_FROM: Final = 4
"""Bytes count as flat by what they grow after so many visits."""
OURS: Final = "ours"


@dataclass(slots=True)
class Told:
    """What one memory answered about one house."""

    current: Score = NOTHING_ASKED
    current_moved: Score = NOTHING_ASKED
    """Of what was moved since the visit before."""
    history: Score = NOTHING_ASKED
    """Asked at the end of the last visit, about each visit before."""
    history_moved: Score = NOTHING_ASKED
    """Of what is elsewhere now."""


@dataclass(slots=True)
class HouseFigures:
    """Figures of one house."""

    told: dict[str, Told] = field(default_factory=dict)
    """By the way in which the facts are kept."""
    rooms: Score = NOTHING_ASKED
    stale: int = 0
    """Claims of things that are nowhere near, over all visits."""
    bytes: list[int] = field(default_factory=list)
    """On the disk, the most in each visit."""
    records: dict[str, int] = field(default_factory=dict)
    """Held at the end, by the way in which the facts are kept; all of ours, facts of the others."""
    over: int = 0
    """Visits at some point of which the budget was exceeded."""
    seconds: list[float] = field(default_factory=list)
    """CPU time of each visit."""


def bench_visits(
    *, quick: bool, note: Callable[[str], None], out: Path | None = None
) -> dict[str, float]:
    """Asks memories of ten visits where things are, and where they were at each visit.

    Between two visits six things that people carry about are moved. A place is right within 0.5 m
    of the thing's box. Current: of the things that showed on a visit, asked at its end; a thing
    that is believed at an old place only is wrong. History: at the end of the last visit, by the
    name that the memory has for the thing now, of each visit before on which it showed; of a thing
    whose place is not known now, every answer is wrong. The same facts are told to the ways of
    `visits_ways`, under the same names.

    Full: 6 houses from seed 1000 on with exact sensors, 3 with errors of masks, depth and pose.
    """
    exact = VisitsConfig(visits=3) if quick else VisitsConfig()
    houses = _houses(1 if quick else _HOUSES, exact, note)
    figures = _figures("visits", houses, exact)
    files = {"exact": houses}
    if not quick:
        noisy = VisitsConfig(errors=True)
        files["noisy"] = _houses(_NOISY_HOUSES, noisy, note)
        figures |= _figures("visits_noisy", files["noisy"], noisy)
    if out is not None:
        _write(files, out)
    return figures


def _houses(count: int, config: VisitsConfig, note: Callable[[str], None]) -> list[HouseFigures]:
    houses = []
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        with tempfile.TemporaryDirectory(prefix="embodied-mem-visits-") as folder:
            house = house_figures(seed, config, Path(folder))
        houses.append(house)
        ours = house.told[OURS]
        note(
            f"house {seed}: current {ours.current.share:.3f}, history {ours.history.share:.3f}, "
            f"{house.bytes[-1] / 1024:.0f} KiB, {sum(house.seconds):.0f} CPU s"
        )
    return houses


def house_figures(seed: int, config: VisitsConfig, folder: Path) -> HouseFigures:
    """Visits one house and asks all memories about it."""
    others, house = ways(), HouseFigures()
    house.told = {name: Told() for name in (OURS, *others)}
    past: list[tuple[int, HouseView]] = []
    since, clock = 0, time.process_time()
    for end in visit_house(seed, config, folder):
        house.seconds.append(time.process_time() - clock)
        for way in others.values():
            way.hear(end.store, since, end.tick)
        names = named(end.store, end.view)
        askers = _askers(end.store, others)
        for name, told in house.told.items():
            _ask_now(told, askers[name], names, end, past[-1][1] if past else None)
        if end.number == config.visits - 1:
            house.rooms = rooms_told(end.store, names, past, end.view)
            for name, told in house.told.items():
                _ask_then(told, askers[name], names, end.view, past)
        house.stale += stale_claims(end.store, end.view, names)
        house.bytes.append(end.disk_bytes)
        house.records = {name: len(asker.store) for name, asker in askers.items()}
        house.over += end.disk_bytes > config.budget_bytes
        past.append((end.tick, end.view))
        since, clock = end.tick + 1, time.process_time()
    return house


def _askers(store: MemoryStore, others: dict[str, Way]) -> dict[str, Asker]:
    askers = {name: Asker(way.store, way.recency) for name, way in others.items()}
    return {OURS: Asker(store), **askers}


def _ask_now(
    told: Told,
    asker: Asker,
    names: dict[str, str],
    end: VisitEnd,
    before: HouseView | None,
) -> None:
    view = end.view
    for row in asked_about(view):
        name = names.get(view.ids[row])
        right = name is not None and is_at(asker.place_of(name, view, row), view, row)
        told.current = told.current.add(right)
        if before is not None and moved_between(view, before, row):
            told.current_moved = told.current_moved.add(right)


def _ask_then(
    told: Told,
    asker: Asker,
    names: dict[str, str],
    now: HouseView,
    past: list[tuple[int, HouseView]],
) -> None:
    shown = {now.ids[row] for row in asked_about(now)}
    for tick, view in past:
        for row in asked_about(view):
            thing = view.ids[row]
            if thing not in shown:
                continue
            name = names.get(thing)
            right = name is not None and is_at(asker.place_of(name, view, row, tick), view, row)
            told.history = told.history.add(right)
            if moved_between(view, now, row):
                told.history_moved = told.history_moved.add(right)


def _figures(prefix: str, houses: list[HouseFigures], config: VisitsConfig) -> dict[str, float]:
    figures: dict[str, float] = {}
    for way in houses[0].told:
        ending = "" if way == OURS else f"_{way}"
        figures[f"{prefix}_records{ending}"] = sum(h.records[way] for h in houses) / len(houses)
        for asked in ("current", "current_moved", "history", "history_moved"):
            scores: list[Score] = [getattr(house.told[way], asked) for house in houses]
            values = [score.share for score in scores if score.asked]
            if not values:
                continue
            estimate = mean_interval(values)
            name = f"{prefix}_{asked}{ending}"
            figures[name] = estimate.mean
            if way == OURS:
                figures |= {f"{name}_lo": estimate.lo, f"{name}_hi": estimate.hi}
    rooms = NOTHING_ASKED
    for house in houses:
        rooms = rooms.plus(house.rooms)
    grown = [
        house.bytes[-1] / house.bytes[min(_FLAT_FROM, len(house.bytes)) - 1] for house in houses
    ]
    return figures | {
        f"{prefix}_history_rooms": rooms.share,
        f"{prefix}_stale_a_visit": sum(h.stale for h in houses) / (len(houses) * config.visits),
        f"{prefix}_bytes_of_budget": max(max(h.bytes) for h in houses) / config.budget_bytes,
        f"{prefix}_over_budget": float(sum(house.over for house in houses)),
        f"{prefix}_bytes_growth": max(grown),
        f"{prefix}_cpu_s_a_visit": sum(sum(h.seconds) for h in houses)
        / (len(houses) * config.visits),
    }


def _write(files: dict[str, list[HouseFigures]], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    curves = {
        name: [
            {
                "seed": FIRST_SEED + number,
                "bytes": house.bytes,
                "records": house.records,
                "told": {
                    way: {
                        asked: [*getattr(told, asked)]
                        for asked in ("current", "current_moved", "history", "history_moved")
                    }
                    for way, told in house.told.items()
                },
            }
            for number, house in enumerate(houses)
        ]
        for name, houses in files.items()
    }
    (out / "visits.json").write_text(json.dumps(curves, indent=1))
