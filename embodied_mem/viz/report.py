"""Pages that show a memory to a person: the report of a run, and the memory alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from embodied_mem.brain.language.answers import Answer
from embodied_mem.files import write_text
from embodied_mem.memory.store import MemoryStore
from embodied_mem.viz.html import Html, page, tag
from embodied_mem.viz.page_answers import answers_section
from embodied_mem.viz.page_pictures import PictureBook
from embodied_mem.viz.page_sections import (
    footer,
    gallery,
    headline,
    map_section,
    navigation,
    object_table,
    room_table,
    timings_section,
)
from embodied_mem.viz.reading import read_view


def write_report(
    path: Path,
    memory: MemoryStore,
    answers: Sequence[Answer] = (),
    *,
    timings: Mapping[str, float] | None = None,
    title: str = "What the memory holds",
    lead: str = "",
    facts: Mapping[str, float | str] | None = None,
) -> None:
    """Writes one self-contained HTML page: no script, no request to anywhere.

    Args:
        path: File to write.
        memory: Where the map, the pictures and the tables come from.
        answers: Questions that were answered from this memory.
        timings: Name to CPU milliseconds, in the order to show.
        title: Heading of the page.
        lead: A line under it.
        facts: Further headline numbers, label to value.

    Raises:
        MemoryFileError: If a payload in the memory is not a picture.
    """
    view = read_view(memory)
    book = PictureBook()
    parts: dict[str, tuple[str, Html]] = {}
    if answers:
        parts["questions"] = ("Questions", answers_section(memory, view, answers, book))
    parts["map"] = ("Map", map_section(view))
    parts["snapshots"] = ("Snapshots", gallery(view, book))
    parts["rooms"] = ("Rooms", room_table(view))
    parts["objects"] = ("Objects", object_table(view))
    if timings:
        parts["timings"] = ("Timings", timings_section(timings))
    body = tag(
        "main",
        tag("h1", title),
        tag("p", lead, class_="lead") if lead else Html(""),
        navigation([(key, name) for key, (name, _) in parts.items()]),
        headline(memory, view, facts or {}),
        *(content for _, content in parts.values()),
        footer(memory),
    )
    write_text(path, page(title, page_style(), book.definitions(), body))


def page_style() -> str:
    """Returns the style sheet of every page."""
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def memory_page(path: Path, memory: MemoryStore) -> None:
    """Writes a self-contained page that shows what a memory holds.

    Raises:
        MemoryFileError: If a payload in the memory is not a picture.
    """
    write_report(path, memory, title="What the memory holds")
