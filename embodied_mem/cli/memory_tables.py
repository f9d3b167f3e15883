"""What a memory holds as tables for a terminal."""

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from embodied_mem.memory import MemoryStore
from embodied_mem.memory.columns import KINDS, STATUSES
from embodied_mem.viz.page_sections import readable_bytes
from embodied_mem.viz.palette import colour_of, css
from embodied_mem.viz.reading import MemoryView


def counts(memory: MemoryStore, view: MemoryView) -> dict[str, float]:
    """Returns how much of what a memory holds, by name."""
    columns = memory.columns
    slots = columns.slots()
    return {
        "records": len(slots),
        "records_active": int((columns.status[slots] == STATUSES.index("active")).sum()),
        "rooms": len(view.places),
        "objects": len(view.objects),
        "snapshots": len(view.snapshots),
        "frontiers": len(view.frontiers),
        "frames": sum(walk.frames for walk in view.walks),
        "metres_walked": sum(walk.length for walk in view.walks),
        "payload_bytes": memory.nbytes,
    }


def print_summary(path: Path, memory: MemoryStore, view: MemoryView) -> None:
    """Prints counts, rooms and objects."""
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
    on_disk = readable_bytes(path.stat().st_size if path.is_file() else memory.disk_bytes)
    payload = readable_bytes(memory.nbytes)
    columns = memory.columns
    kinds = Counter(columns.kind[columns.slots()].tolist())
    by_kind = ", ".join(f"{count} {KINDS[kind]}" for kind, count in sorted(kinds.items()))
    rows = {
        "session": memory.session or "none",
        "bytes": f"{on_disk} on disk, {payload} of pictures and vectors",
        "records": f"{len(memory)} ({by_kind})" if by_kind else "0",
        "believed now": f"{int(numbers['records_active'])}",
        "snapshots": f"{len(view.snapshots)}",
        "frontiers": f"{len(view.frontiers)}",
        "walk": f"{numbers['metres_walked']:.1f} m in {int(numbers['frames'])} frames",
        "digest": memory.digest(),
    }
    if path.is_dir() and memory.archive_disk_bytes > 4096:
        rows["archive"] = readable_bytes(memory.archive_disk_bytes)
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
