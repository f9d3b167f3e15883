"""Episodes of a memory as a table for a terminal and as JSON."""

from typing import Any

from rich.table import Table
from rich.text import Text

from embodied_mem.memory import Filter, MemoryStore
from embodied_mem.memory.episodic import Chunk, Episodes, OnlinePlacesConfig, View
from embodied_mem.memory.episodic.chunks import By
from embodied_mem.memory.episodic.episodes import CHUNK, SEEN_OR_DONE


def episode_view(memory: MemoryStore, by: By, as_of: int | None = None) -> View:
    """Returns a view of all that was seen and done.

    Args:
        memory: Where to look.
        by: `time`, `place` or `stay`.
        as_of: What was believed at this tick; now where None.
    """
    filter = SEEN_OR_DONE if as_of is None else Filter(kind=SEEN_OR_DONE.kind, as_of=as_of)
    episodes = Episodes(store=memory, filter=filter)
    if not episodes.places:
        episodes = Episodes(store=memory, filter=filter, found=OnlinePlacesConfig())
    return View(episodes=episodes, by=by, most=CHUNK if by == "time" else None)


def episode_table(view: View) -> Table:
    """Returns the chunks of a view, one a row."""
    title = f"episodes by {view.by}: {len(view.entries)} entries"
    table = Table(title=title, title_justify="left")
    table.add_column("place", overflow="fold")
    for name in ("first tick", "last tick", "entries"):
        table.add_column(name, justify="right")
    for chunk in view:
        summary = chunk.summary
        table.add_row(
            Text(_place(chunk, view)), str(summary.first), str(summary.last), str(summary.count)
        )
    return table


def episode_entries(view: View) -> list[dict[str, Any]]:
    """Returns the chunks of a view for JSON, with the ids of their records."""
    return [
        {
            "place": chunk.summary.place,
            "name": _place(chunk, view),
            "first": chunk.summary.first,
            "last": chunk.summary.last,
            "records": [view.entries.ids[row] for row in chunk.rows.tolist()],
        }
        for chunk in view
    ]


def _place(chunk: Chunk, view: View) -> str:
    """Names the place of a chunk, or all of its places in the order in which it came to them."""
    known = view.episodes.places
    inside = dict.fromkeys(view.entries.places[row] for row in chunk.rows.tolist())
    return ", ".join(known[each].name if each in known else each for each in inside if each)
