"""`embodied-mem inspect`: what a memory file holds."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text
from tyro.conf import Positional

from embodied_mem.cli.result import write_result
from embodied_mem.memory.store import MemoryStore
from embodied_mem.viz.page_sections import readable_bytes
from embodied_mem.viz.palette import colour_of, css
from embodied_mem.viz.reading import MemoryView, read_view


@dataclass(frozen=True, kw_only=True)
class Inspect:
    """Show what a memory file holds: counts, bytes, rooms and objects."""

    memory: Positional[Path]
    """The memory file, as `run` or `ingest` wrote it."""
    html: Path | None = None
    """Write a self-contained page with the map, the pictures and the tables."""
    digest: bool = False
    """Print only a hash of the content, which does not depend on the file's layout."""
    json: Path | None = None
    """Write counts, bytes, rooms and objects as one JSON file."""

    def run(self) -> int:
        """Prints the summary and writes what was asked for; returns 0.

        Raises:
            MemoryFileError: If the file is missing or damaged.
        """
        memory = MemoryStore.read(self.memory)
        if self.digest:
            print(memory.digest())
        view = read_view(memory)
        if not self.digest:
            _print_summary(self.memory, memory, view)
        if self.html is not None:
            from embodied_mem.viz.report import memory_page

            memory_page(self.html, memory)
        if self.json is not None:
            self._write_json(self.json, memory, view)
        return 0

    def _write_json(self, path: Path, memory: MemoryStore, view: MemoryView) -> None:
        write_result(
            path,
            "inspect",
            self,
            counts(memory, view),
            digest=memory.digest(),
            rooms=view.places,
            objects=[{"room": entry.room, "object": entry.fact} for entry in view.objects],
        )


def counts(memory: MemoryStore, view: MemoryView) -> dict[str, float]:
    """Returns how much of what a memory holds, by name."""
    return {
        "records": len(memory),
        "records_active": sum(record.status == "active" for record in memory.records()),
        "rooms": len(view.places),
        "objects": len(view.objects),
        "snapshots": len(view.snapshots),
        "frontiers": len(view.frontiers),
        "frames": sum(walk.frames for walk in view.walks),
        "metres_walked": sum(walk.length for walk in view.walks),
        "payload_bytes": memory.nbytes,
    }


def _print_summary(path: Path, memory: MemoryStore, view: MemoryView) -> None:
    console = Console(soft_wrap=False)
    console.print(_overview(path, memory, view))
    if view.places:
        console.print(_rooms(view))
    if view.objects:
        console.print(_objects(view))


def _overview(path: Path, memory: MemoryStore, view: MemoryView) -> Table:
    table = Table(title=Text(path.name), title_justify="left", show_header=False, box=None)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    numbers = counts(memory, view)
    file_bytes = readable_bytes(path.stat().st_size)
    payload = readable_bytes(memory.nbytes)
    kinds = Counter(record.kind for record in memory.records())
    by_kind = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    rows = {
        "session": memory.session or "none",
        "bytes": f"{file_bytes} on disk, {payload} of pictures and vectors",
        "records": f"{len(memory)} ({by_kind})" if by_kind else "0",
        "believed now": f"{int(numbers['records_active'])}",
        "snapshots": f"{len(view.snapshots)}",
        "frontiers": f"{len(view.frontiers)}",
        "walk": f"{numbers['metres_walked']:.1f} m in {int(numbers['frames'])} frames",
        "digest": memory.digest(),
    }
    for name, value in rows.items():
        table.add_row(name, Text(value))
    return table


def _rooms(view: MemoryView) -> Table:
    table = Table(title="rooms", title_justify="left")
    names = {fact.place_id: fact.name for fact in view.places}
    inside = Counter(entry.place for entry in view.objects)
    for name, side in (
        ("room", "left"),
        ("m²", "right"),
        ("objects", "right"),
        ("next to", "left"),
    ):
        table.add_column(name, justify="right" if side == "right" else "left")
    for place in view.places:
        neighbours = ", ".join(names.get(each, each) for each in place.neighbours)
        area, count = f"{place.area:.1f}", str(inside[place.place_id])
        table.add_row(Text(place.name), area, count, Text(neighbours))
    return table


def _objects(view: MemoryView) -> Table:
    table = Table(title="objects", title_justify="left")
    for name in ("object", "room"):
        table.add_column(name)
    for name in ("x", "y", "z", "views", "sure"):
        table.add_column(name, justify="right")
    table.add_column("state")
    ordered = sorted(view.objects, key=lambda e: (e.room or "~", e.fact.category, e.fact.object_id))
    for entry in ordered:
        fact = entry.fact
        label = Text.assemble(("■ ", css(colour_of(fact.colour))), entry.label)
        place = [f"{v:.2f}" for v in fact.position]
        sure = f"{100 * fact.confidence:.0f} %"
        table.add_row(label, Text(entry.room or ""), *place, str(fact.views), sure, fact.state)
    return table
