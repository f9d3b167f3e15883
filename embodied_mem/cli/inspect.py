"""`embodied-mem inspect`: what a memory holds, what it held, and whether it is whole."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
from rich.console import Console
from tyro.conf import Positional

from embodied_mem.cli.episode_table import episode_entries, episode_table, episode_view
from embodied_mem.cli.memory_changes import Changes, merged, opened
from embodied_mem.cli.memory_tables import counts, print_summary
from embodied_mem.cli.record_tables import belief_table, history_table, record_entry, report_lines
from embodied_mem.cli.result import write_result
from embodied_mem.errors import ConfigError
from embodied_mem.memory import Filter, MemoryStore
from embodied_mem.memory.verification import Report, verify_folder
from embodied_mem.viz.reading import read_view

DAMAGED = 1
"""Exit status if something is damaged, or was before it was repaired."""
_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Inspect:
    """Show what a memory holds or held, check and repair it, or write it to one file.

    Another process may be writing to it meanwhile, unless it is to be repaired.
    """

    memory: Positional[Path | None] = None
    """The memory: the folder that `run` and `ingest` keep, or an exported file."""
    merge: tuple[Path, Path] | None = None
    """Join two memories of one house and show what comes of it; both stay as they are, and
    `--export` keeps it. They must lie in one frame, see `--migrate`."""
    later: bool = False
    """With `--merge`: the second began when the first had ended; else both ran on one clock."""
    consolidate: bool = False
    """Supersede, link and sum up what the memory holds, and keep that in it."""
    migrate: tuple[float, float, float, float] | None = None
    """Move all of it to another frame: where the old origin lies in it (x, y, z in metres), and
    the turn about z in degrees."""
    forget: tuple[str, ...] = ()
    """Erase people, things or places, what they told and what is made of it, to the last byte."""
    html: Path | None = None
    """Write a self-contained page with the map, the pictures and the tables."""
    timeline: Path | None = None
    """Write a self-contained page to browse: places, objects and their moves over time."""
    mesh: Path | None = None
    """Write a mesh of what is remembered, as .ply (or .obj, .glb)."""
    digest: bool = False
    """Print only a hash of the content, which does not depend on how it lies on the disk."""
    verify: bool = False
    """Check every byte against its checksum and name what is damaged; then the exit status is 1."""
    repair: bool = False
    """Drop what is damaged, that alone, and say what was lost; exit status as for `--verify`."""
    history: str | None = None
    """Show all versions of a record, by its id, the start of its id, or the object it is about."""
    as_of: int | None = None
    """Show what was believed at this tick; with `--episodes`, those that were."""
    episodes: Literal["time", "place", "stay"] | None = None
    """Show what was seen and done, by time, by place, or by each stay in a place."""
    export: Path | None = None
    """Write everything but the archive to one checksummed file."""
    json: Path | None = None
    """Write what is shown, or counts, bytes, rooms and objects, as one JSON file."""

    def run(self) -> int:
        """Prints and writes what was asked for; returns 0, or 1 if something is damaged.

        Raises:
            ConfigError: If options do not go together.
            MemoryFileError: If the memory is missing, or so damaged that it does not open.
            StoreError: If `history` names no record, or several.
        """
        console = Console()
        self._check_options()
        report = self._check(console)
        extra: dict[str, Any] = {}
        if report is not None:
            extra["verification"] = {"ok": report.ok, **msgspec.to_builtins(report)}
            if not (report.ok or self.repair):
                if self.json is not None:
                    write_result(self.json, "inspect", self, _damage(report), **extra)
                return DAMAGED
        changes = Changes(consolidate=self.consolidate, migrate=self.migrate, forget=self.forget)
        notes = Console(stderr=True, soft_wrap=True)  # what is shown may be read by a program
        with self._opened(changes, notes) as memory:
            changes.apply(memory, notes)
            self._show(console, memory, extra)
        return 0 if report is None or report.ok else DAMAGED

    def _check_options(self) -> None:
        if (self.memory is None) == (self.merge is None):
            raise ConfigError("name one memory, or two of them with --merge A B")
        if self.merge is None and self.later:
            raise ConfigError("--later goes with --merge")
        if self.merge is not None and (self.verify or self.repair):
            raise ConfigError("--verify and --repair look at one memory, not at two with --merge")

    def _opened(self, changes: Changes, notes: Console) -> AbstractContextManager[MemoryStore]:
        if self.merge is not None:
            return merged(self.merge, notes, later=self.later)
        return opened(self._path, changes, exported=self.export is not None)

    @property
    def _path(self) -> Path:
        return self.memory or Path(" + ".join(path.name for path in self.merge or ()))

    def _check(self, console: Console) -> Report | None:
        if not (self.verify or self.repair):
            return None
        if self._path.is_dir():
            report = _repair(self._path) if self.repair else verify_folder(self._path)
        elif self.repair and self._path.exists():
            raise ConfigError(
                f"{self._path} is a file, which is whole or cannot be read; only the folder of a "
                "memory can be repaired"
            )
        else:
            with MemoryStore.read(self._path) as memory:
                report = memory.verify()
        for line in report_lines(report, repaired=self.repair):
            console.print(line, soft_wrap=True)
        return report

    def _show(self, console: Console, memory: MemoryStore, extra: dict[str, Any]) -> None:
        view = read_view(memory)
        places = {fact.place_id: fact.name for fact in view.places}
        if self.digest:
            print(memory.digest())
        if self.history is not None:
            versions = memory.history(find_record(memory, self.history))
            extra["history"] = [record_entry(record) for record in versions]
            console.print(history_table(versions, places))
            from embodied_mem.memory.consolidation.shown import links_of

            for link in links_of(memory, versions[-1].id):
                console.print(f"{link.type}: {link.words} ({link.id})", markup=False)
        if self.as_of is not None and self.episodes is None:
            believed = memory.as_of(self.as_of)
            extra["believed"] = [record_entry(record) for record in believed]
            console.print(belief_table(believed, self.as_of, places))
        if self.episodes is not None:
            episodes = episode_view(memory, self.episodes, self.as_of)
            extra["episodes"] = episode_entries(episodes)
            console.print(episode_table(episodes))
        if self.export is not None:
            memory.export(self.export)
            print(f"exported {len(memory)} records to {self.export}")
        if not (self.digest or self.export or extra):
            print_summary(self._path, memory, view)
        self._draw(memory)
        if self.json is not None:
            write_result(
                self.json,
                "inspect",
                self,
                counts(memory, view),
                digest=memory.digest(),
                rooms=view.places,
                objects=[{"room": entry.room, "object": entry.fact} for entry in view.objects],
                **extra,
            )

    def _draw(self, memory: MemoryStore) -> None:
        """Writes pages and meshes; what they need is imported only here."""
        if self.html is not None:
            from embodied_mem.viz.report import memory_page

            memory_page(self.html, memory)
        if self.timeline is not None:
            from embodied_mem.viz.timeline import memory_timeline

            memory_timeline(self.timeline, memory)
        if self.mesh is not None:
            from embodied_mem.scene.export import export_mesh

            print(export_mesh(memory, self.mesh))


def find_record(memory: MemoryStore, name: str) -> str:
    """Returns the id of a record.

    Args:
        memory: Where to look.
        name: Its id, the start of its id, or the id of the object that the fact is about.

    Raises:
        ConfigError: If there is none, or more than one.
    """
    about = memory.query(Filter(kind="fact", about=name), payload=False)
    if about:
        return about[-1].id
    columns = memory.columns
    ids: list[str] = sorted(columns.ids[slot] for slot in columns.slots().tolist())
    found = [record_id for record_id in ids if name and record_id.startswith(name.lower())]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ConfigError(
            f"no record has an id that starts with {name!r}, and no fact is about that; "
            "`--as-of` lists records with their ids"
        )
    raise ConfigError(f"{len(found)} records have an id that starts with {name!r}: {_some(found)}")


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_SHOWN]) + (", ..." if len(ids) > _SHOWN else "")


def _repair(folder: Path) -> Report:
    from embodied_mem.memory.repair import repair_folder

    return repair_folder(folder)


def _damage(report: Report) -> dict[str, float]:
    return {"records": report.records, "damages": len(report.damages)}
