"""The parts of a page about a memory: headline numbers, map, gallery, tables."""

from collections.abc import Mapping, Sequence

from embodied_mem.memory.facts import PlaceFact
from embodied_mem.memory.store import MemoryStore
from embodied_mem.viz.html import Html, join, tag
from embodied_mem.viz.map_view import render_map
from embodied_mem.viz.page_pictures import PictureBook, data_url, overlay
from embodied_mem.viz.palette import colour_of, css
from embodied_mem.viz.reading import MemoryView, ObjectEntry, SnapshotEntry, encode_rgb


def section(key: str, title: str, note: str, *content: Html) -> Html:
    """Returns a titled part of a page."""
    return tag("section", tag("h2", title), tag("p", note, class_="note"), *content, id=key)


def readable_bytes(count: int) -> str:
    """Returns a number of bytes as one reads it.

    >>> readable_bytes(812), readable_bytes(89_245), readable_bytes(3_400_000)
    ('812 B', '89.2 kB', '3.4 MB')
    """
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"


def headline(memory: MemoryStore, view: MemoryView, facts: Mapping[str, float | str]) -> Html:
    """Returns the tiles of the most telling numbers; `facts` are label and value of more."""
    tiles: dict[str, str] = {
        "rooms": str(len(view.places)),
        "objects": str(len(view.objects)),
        "snapshots kept": str(len(view.snapshots)),
        "frontiers left": str(len(view.frontiers)),
    }
    if view.walks:
        tiles["metres walked"] = f"{sum(walk.length for walk in view.walks):.1f}"
        tiles["frames seen"] = f"{sum(walk.frames for walk in view.walks):,}"
    tiles["pictures and vectors"] = readable_bytes(memory.nbytes)
    for name, fact in facts.items():
        tiles[name.replace("_", " ")] = fact if isinstance(fact, str) else f"{fact:,.6g}"
    cells = [
        tag("div", tag("b", value), tag("span", label), class_="tile")
        for label, value in tiles.items()
    ]
    return tag("div", *cells, class_="tiles")


def map_section(view: MemoryView) -> Html:
    """Returns the map, which opens at its full size."""
    picture = render_map(view)
    url = data_url(encode_rgb(picture, ".png"), "image/png")
    alt = f"Map from above with {len(view.places)} rooms and {len(view.objects)} objects"
    image = tag("img", src=url, alt=alt, width=picture.shape[1], height=picture.shape[0])
    return section(
        "map",
        "Map",
        "What was seen from above: rooms, objects in their own colours, the walk, and where "
        "each snapshot was taken.",
        tag("div", tag("div", image, class_="scroll map"), class_="card"),
    )


def gallery(view: MemoryView, book: PictureBook) -> Html:
    """Returns all kept snapshots with the objects that each stands for."""
    labels = view.object_labels()
    cards, overlays = [], []
    for entry in view.snapshots:
        key = f"snapshot-{entry.number}"
        shot = book.whole(entry, entry.fact.cluster, labels)
        cards.append(
            tag(
                "figure",
                tag("a", shot, href=f"#{key}-full", aria_label=f"enlarge {entry.title}"),
                _caption(entry),
                class_="card",
                id=key,
            )
        )
        aspect = entry.fact.width / max(entry.fact.height, 1)
        overlays.append(overlay(f"{key}-full", key, shot, f"--aspect:{aspect:.3f}"))
    return section(
        "snapshots",
        "Snapshots",
        "The few pictures that are kept because together they show every object. Strong boxes "
        "are the objects a picture stands for; thin ones are seen in it but kept elsewhere.",
        tag("div", *cards, class_="gallery"),
        *overlays,
    )


def _caption(entry: SnapshotEntry) -> Html:
    count = len(entry.fact.cluster)
    return tag(
        "figcaption",
        tag("span", tag("b", f"#{entry.number}"), f" {entry.room or ''}"),
        tag("span", f"tick {entry.fact.tick} · {count} object{'' if count == 1 else 's'}"),
    )


def table(heads: Sequence[str], rows: Sequence[Sequence[Html]], numeric: Sequence[int]) -> Html:
    """Returns a table in a card; `rows` hold finished cells, `numeric` says which heads align."""
    head = [
        tag("th", name, class_="number" if index in numeric else None, scope="col")
        for index, name in enumerate(heads)
    ]
    body = [tag("tr", *row) for row in rows]
    content = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *body))
    return tag("div", tag("div", content, class_="scroll"), class_="card")


def _number(text: str) -> Html:
    return tag("td", text, class_="number")


def room_table(view: MemoryView) -> Html:
    """Returns the rooms with what is in them."""
    names = {fact.place_id: fact.name for fact in view.places}
    rows = [_room_row(fact, view, names) for fact in view.places]
    heads = ("room", "seen area", "objects", "leads to", "holds")
    return section("rooms", "Rooms", "", table(heads, rows, (1, 2)))


def _room_row(place: PlaceFact, view: MemoryView, names: Mapping[str, str]) -> list[Html]:
    inside = [entry for entry in view.objects if entry.place == place.place_id]
    counts: dict[str, int] = {}
    for entry in sorted(inside, key=lambda e: e.fact.category):
        counts[entry.fact.category] = counts.get(entry.fact.category, 0) + 1
    holds = ", ".join(name if n == 1 else f"{n} x {name}" for name, n in counts.items())
    return [
        tag("td", place.name),
        _number(f"{place.area:.1f} m²"),
        _number(str(len(inside))),
        tag("td", ", ".join(names.get(each, each) for each in place.neighbours), class_="wrap"),
        tag("td", holds, class_="wrap"),
    ]


def object_table(view: MemoryView) -> Html:
    """Returns the objects by room, with the snapshot that shows each."""
    shown_in = {
        object_id: entry.number for entry in view.snapshots for object_id in entry.fact.cluster
    }
    ordered = sorted(view.objects, key=lambda e: (e.room or "~", e.fact.category, e.fact.object_id))
    rows = [_object_row(entry, shown_in.get(entry.fact.object_id)) for entry in ordered]
    heads = ("object", "room", "position (m)", "size (m)", "views", "sure", "state", "picture")
    note = "Position is the centre of the box, size its extent along the world axes."
    return section("objects", "Objects", note, table(heads, rows, (2, 3, 4, 5)))


def _object_row(entry: ObjectEntry, number: int | None) -> list[Html]:
    fact = entry.fact
    swatch = tag("span", "", class_="swatch", style=f"background:{css(colour_of(fact.colour))}")
    link = tag("a", f"#{number}", href=f"#snapshot-{number}") if number else Html("")
    return [
        tag("td", swatch, entry.label),
        tag("td", entry.room or ""),
        _number(", ".join(f"{v:.2f}" for v in fact.position)),
        _number(" x ".join(f"{v:.2f}" for v in fact.size)),
        _number(str(fact.views)),
        _number(f"{100 * fact.confidence:.0f} %"),
        tag("td", fact.state),
        tag("td", link),
    ]


def timings_section(timings: Mapping[str, float]) -> Html:
    """Returns CPU milliseconds by name, as given, each with a bar."""
    longest = max(timings.values(), default=0.0) or 1.0
    rows = [
        [
            tag("td", name),
            _number(f"{value:,.2f}" if value < 1000 else f"{value:,.0f}"),
            tag(
                "td",
                tag("span", "", class_="bar", style=f"width:{100 * value / longest:.1f}%"),
                class_="bars",
            ),
        ]
        for name, value in timings.items()
    ]
    note = "CPU milliseconds by stage."
    return section("timings", "Timings", note, table(("what", "CPU ms", ""), rows, (1,)))


def navigation(keys: Sequence[tuple[str, str]]) -> Html:
    """Returns links to the parts of the page."""
    return tag("nav", *(tag("a", title, href=f"#{key}") for key, title in keys))


def footer(memory: MemoryStore) -> Html:
    """Returns what identifies the memory."""
    from embodied_mem import __version__

    return tag(
        "footer",
        join("embodied_mem ", __version__, " · session ", memory.session or "none", " · seed "),
        str(memory.seed),
        " · digest ",
        tag("code", memory.digest()),
    )
