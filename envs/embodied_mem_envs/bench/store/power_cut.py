"""Power cuts: a store under load on a simulated disk, cut off anywhere, opened for real."""

import itertools
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from embodied_mem.errors import EmbodiedMemError
from embodied_mem.memory import MemoryStore
from embodied_mem_envs.bench.store.plain_model import PlainModel, unfound
from embodied_mem_envs.bench.store.power_medium import PowerCutMedium
from embodied_mem_envs.bench.store.scripted_load import (
    ARCHIVE,
    BUDGET,
    CHORES,
    Ledger,
    ScriptedLoad,
    carry_out,
)
from embodied_mem_envs.bench.store.simulated_disk import Image, SimulatedDisk, write_image

_STEPS: Final = 60
_STEPS_AFTER: Final = 4
_SECOND_CUTS: Final = 0.5
"""Share of the cuts after which the power goes once more, anywhere in what the store does next."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is wrong after a cut; nothing, where all is well."""

    lost: int
    """Acknowledged operations that are not there, or records that nobody wrote."""
    unclean: int
    """Things that `verify` names."""
    what: str = ""


class Mark(NamedTuple):
    """A batch was acknowledged here."""

    events: int
    """Of the disk's log."""
    model: PlainModel
    """What the store holds since."""


class Run:
    """A store that was under load on a simulated disk, and when what was acknowledged."""

    def __init__(self, disk: SimulatedDisk, model: PlainModel, seed: int, steps: int) -> None:
        self.disk = disk
        self.marks = [Mark(0, model)]
        load = ScriptedLoad(seed, chores=CHORES)
        store = self._open()
        ledger = Ledger(model, store.sequence)
        self.marks.append(Mark(len(disk.log), model))
        for _ in range(steps):
            step = load.step(ledger.model)
            after = ledger.foreseen(step)
            if step.chore == "reopen":
                store.close()
                store = self._open()
            elif after is not None and carry_out(store, step):
                ledger.acknowledge(after, store.sequence)
            self.marks.append(Mark(len(disk.log), ledger.model))
        store.close()

    def _open(self) -> MemoryStore:
        return MemoryStore(
            medium=PowerCutMedium(self.disk), budget_bytes=BUDGET, archive_bytes=ARCHIVE
        )

    def allowed(self, at: int) -> tuple[PlainModel, PlainModel]:
        """Returns what may be there after a cut: with and without the batch that was open."""
        done = max(index for index, mark in enumerate(self.marks) if mark.events <= at)
        return self.marks[done].model, self.marks[min(done + 1, len(self.marks) - 1)].model


def survey(image: Image, allowed: Sequence[PlainModel], folder: Path) -> tuple[Outcome, PlainModel]:
    """Opens what a cut left as any store, compares it and looks it through, then once more closed.

    Returns:
        What is wrong, and which of the allowed contents was there.
    """
    write_image(image, folder)
    try:
        with MemoryStore(folder, budget_bytes=BUDGET, archive_bytes=ARCHIVE) as store:
            found = [(model.differences(store), model) for model in allowed]
            lines, model = min(found, key=lambda item: len(item[0]))
            lines += unfound(store, model)
            named = _named(store)
        with MemoryStore.read(folder) as closed:
            lines += [line for line in model.differences(closed) if line not in lines]
            named += [line for line in _named(closed) if line not in named]
    except EmbodiedMemError as error:
        return Outcome(max(len(allowed[0].records), 1), 1, str(error)), allowed[0]
    return Outcome(len(lines), len(named), "; ".join([*lines[:1], *named[:1]])), model


def _named(store: MemoryStore) -> list[str]:
    report = store.verify()
    return [str(damage) for damage in report.damages] + list(report.orphans)


def cut_power(seed: int, cuts: int, note: Callable[[str], None]) -> list[Outcome]:
    """Puts one store under load and cuts it off so many times, each time from the start.

    What a cut left goes on, on another simulated disk, and is looked at again: as it is then, or
    after the power went once more. (SQLite writes it there as well: one and the same version.)

    Args:
        seed: Of the load and of the cuts.
        cuts: How many.
        note: Told of everything that is wrong.
    """
    run = Run(SimulatedDisk(), PlainModel(), seed, _STEPS)
    outcomes = []
    for number in range(cuts):
        rng = np.random.default_rng((seed, number))
        at = int(rng.integers(len(run.disk.log) + 1))
        image = run.disk.cut(at, rng)
        with tempfile.TemporaryDirectory(prefix="power-cut-") as folder:
            outcome, model = survey(image, run.allowed(at), Path(folder) / "first")
            if not outcome.what:
                again = Run(SimulatedDisk(image), model, seed + number, _STEPS_AFTER)
                end = len(again.disk.log)
                later = int(rng.integers(end + 1)) if rng.random() < _SECOND_CUTS else end
                image = again.disk.cut(later, rng)
                outcome, _ = survey(image, again.allowed(later), Path(folder) / "second")
        if outcome.what:
            note(f"seed {seed}, cut {number} after {at} events: {outcome.what}")
        outcomes.append(outcome)
    return outcomes


def bench_power_cut(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Cuts the power of stores under load at random points of what their disk was told.

    Returns:
        `powercut_lost_ops`: acknowledged operations lost (and records there that nobody wrote);
        `powercut_unclean`: what `verify` names afterwards, files left over included;
        `powercut_cuts`: how many cuts there were.
    """
    runs, cuts = (3, 10) if quick else (8, 25)
    outcomes = list(
        itertools.chain.from_iterable(cut_power(1000 * run, cuts, note) for run in range(runs))
    )
    note(f"{len(outcomes)} power cuts")
    return {
        "powercut_lost_ops": float(sum(outcome.lost for outcome in outcomes)),
        "powercut_unclean": float(sum(outcome.unclean for outcome in outcomes)),
        "powercut_cuts": float(len(outcomes)),
    }
