"""A page on which a person browses a memory in time: places, things, their moves, the pictures."""

import base64
import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Final

import cv2
import msgspec
import numpy as np

from embodied_mem.files import write_text
from embodied_mem.memory.codec.pictures import join as join_layers
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.store import MemoryStore
from embodied_mem.types import UInt8Array
from embodied_mem.viz.html import Html, page, tag
from embodied_mem.viz.page_sections import section
from embodied_mem.viz.reading import decode_rgb, encode_rgb
from embodied_mem.viz.report import page_style
from embodied_mem.viz.timeline_data import Timeline, read_timeline
from embodied_mem.viz.timeline_overview import overview

_WIDEST: Final = 480
"""Pixels that an embedded picture is wide at most."""
_QUALITY: Final = 80


def memory_timeline(
    path: Path,
    store: MemoryStore,
    *,
    viewer: str | None = None,
    picture_bytes: int = 24 << 20,
) -> None:
    """Writes a self-contained page that shows a memory in time; it asks for nothing from outside.

    Args:
        path: File to write.
        store: The memory; another process may write to it meanwhile.
        viewer: Who is to be told, see `Filter.viewer`; None for all.
        picture_bytes: Bytes that the pictures in the page may take; beyond that they are spread
            evenly over time, and the page says how many are left out.

    Raises:
        MemoryFileError: If a payload in the memory is not a picture.
        DamagedRecordError: If a record does not match its checksum.
    """
    timeline = read_timeline(store, viewer=viewer)
    pictures = _pictures(store, timeline, viewer, picture_bytes)
    write_text(path, _page(store, timeline, pictures))


def _page(store: MemoryStore, timeline: Timeline, pictures: dict[str, bytes]) -> str:
    script = Path(__file__).with_name("timeline.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    data = {**asdict(timeline), "seconds": store.seconds_per_tick}
    held = [
        tag(
            "script", Html(base64.b64encode(each).decode()), type="text/plain", id=f"picture-{name}"
        )
        for name, each in pictures.items()
    ]
    # Words in a memory are foreign: whatever they are, nothing but this page's script runs.
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    body = tag(
        "main",
        tag("h1", "A memory in time"),
        tag("p", _lead(store, timeline, pictures), class_="lead"),
        section(
            "overview",
            "Who was where",
            "Each lane is a place. Grey is the robot's own way; each line is a thing that moved, "
            "in its own colour, and an arrow where it went from one place to another.",
            tag("div", tag("div", overview(timeline), class_="scroll"), class_="card"),
        ),
        section("timeline", "Everything, in time", "", _controls(), _frame()),
        tag("aside", id="panel", aria_label="details", hidden="", tabindex="-1"),
        tag("script", _json(data), type="application/json", id="data"),
        *held,
        Html(f"<script>{script}</script>"),
    )
    style = page_style() + Path(__file__).with_name("timeline.css").read_text(encoding="utf-8")
    return page("A memory in time", style, body, policy=policy)


def _lead(store: MemoryStore, timeline: Timeline, pictures: dict[str, bytes]) -> str:
    moves = sum(stay["moved"] for each in timeline.objects for stay in each["stays"])
    told = (
        f"{len(timeline.places)} places, {len(timeline.objects)} things that moved {moves} times, "
        f"{len(timeline.snapshots)} pictures, {len(timeline.records)} records, from tick "
        f"{timeline.first} to {timeline.last}."
    )
    left = len(timeline.snapshots) - len(pictures)
    return f"{told} {left} pictures are not in this page." if left else told


def _controls() -> Html:
    return tag(
        "form",
        tag("label", "Search ", tag("input", type="search", id="search", placeholder="red mug")),
        tag("label", "Category ", tag("select", tag("option", "all", value=""), id="category")),
        tag("label", "Place ", tag("select", tag("option", "all", value=""), id="place")),
        tag("label", tag("input", type="checkbox", id="moved"), " only what moved"),
        tag(
            "span",
            tag("button", "−", type="button", id="out", aria_label="show a longer time"),
            tag("button", "+", type="button", id="in", aria_label="show a shorter time"),
            tag("button", "all", type="button", id="fit", aria_label="show all of the time"),
            class_="zoom",
        ),
        tag("output", id="count", aria_live="polite"),
        class_="controls",
        id="controls",
    )


def _frame() -> Html:
    return tag(
        "div",
        tag("div", id="rows"),
        tag("noscript", tag("p", "Everything below the overview needs JavaScript.", class_="note")),
        id="view",
        class_="card",
        tabindex="0",
        role="region",
        aria_label="rows of places and things over time; arrow keys scroll, + and - zoom",
    )


def _json(data: object) -> Html:
    """Returns JSON that nothing in it can end the element of, or begin another."""
    text = msgspec.json.encode(data).decode()
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Html(text)


# -- pictures ---------------------------------------------------------------------------------


def _pictures(
    store: MemoryStore, timeline: Timeline, viewer: str | None, most: int
) -> dict[str, bytes]:
    """Returns the pictures of snapshots by short name, as JPEG files, within the bytes."""
    names = dict.fromkeys(each["r"] for each in timeline.snapshots)
    files: dict[str, bytes] = {}
    slots = store.select(Filter(kind="snapshot", status="any", viewer=viewer))
    named = _named(store, viewer)
    for slot in slots.tolist():
        record = store.record_at(slot)
        name = named.get(record.id, "")
        if name not in names or not record.payload:
            continue
        files[name] = _smaller(join_layers(record.payload), f"snapshot {record.id}")
    ordered = [name for name in names if name in files]
    size = sum(map(len, files.values()))
    if size > most and ordered:
        mean = size / len(ordered)
        keep = max(int(most / mean), 1)
        chosen = np.unique(np.linspace(0, len(ordered) - 1, keep).round().astype(int))
        ordered = [ordered[index] for index in chosen.tolist()]
    return {name: files[name] for name in ordered}


def _named(store: MemoryStore, viewer: str | None) -> dict[str, str]:
    from embodied_mem.brain.tools import Handles

    handles = Handles(store, viewer=viewer)
    slots = store.select(Filter(kind="snapshot", status="any", viewer=viewer))
    ids = [store.columns.ids[slot] for slot in slots.tolist()]
    return {each: handles.name(each) for each in ids}


def _smaller(data: bytes, what: str) -> bytes:
    picture = decode_rgb(data, what)
    if picture.shape[1] <= _WIDEST and data.startswith(b"\xff\xd8"):
        return data
    scale = min(1.0, _WIDEST / picture.shape[1])
    size = (round(picture.shape[1] * scale), max(1, round(picture.shape[0] * scale)))
    small: UInt8Array = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return encode_rgb(small, ".jpg", cv2.IMWRITE_JPEG_QUALITY, _QUALITY)
