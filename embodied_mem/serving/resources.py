"""What a client can read without calling a tool: the house in words, its map, the pictures."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from embodied_mem.brain.tools.access import Access
from embodied_mem.brain.tools.pictures import picture_of
from embodied_mem.brain.tools.result import Refused, one_line, quoted
from embodied_mem.memory.filter import Filter

HOUSE: Final = "memory://house"
MAP: Final = "memory://map"
SNAPSHOT: Final = "memory://snapshot/"
_PAGE: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A resource as a client lists it."""

    name: str
    uri: str
    description: str
    media_type: str


def listed(access: Access, cursor: str | None) -> tuple[list[Resource], str | None]:
    """Returns a page of resources, and the cursor of the next one.

    Raises:
        Refused: If there is no such page.
    """
    ids = _snapshots(access)
    if cursor is None:
        start = 0
    elif cursor.isascii() and cursor.isdecimal() and len(cursor) < 10:
        start = int(cursor)
    else:
        raise Refused(f"There is no page {quoted(cursor)}.")
    page = [] if start else [_HOUSE, _MAP]
    for record_id in ids[start : start + _PAGE]:
        record = access.read(record_id)
        if record is not None:
            name = access.name(record_id)
            where = access.place_name(record.place)
            told = f"Snapshot at tick {record.valid_from}{', ' + where if where else ''}"
            page.append(
                Resource(
                    name=f"snapshot {name}",
                    uri=f"{SNAPSHOT}{name}",
                    description=told,
                    media_type="image/jpeg",
                )
            )
    following = str(start + _PAGE) if start + _PAGE < len(ids) else None
    return page, following


_HOUSE: Final = Resource(
    name="house",
    uri=HOUSE,
    description="The rooms, what is in them, and how much is remembered.",
    media_type="text/plain",
)
_MAP: Final = Resource(
    name="map",
    uri=MAP,
    description="The map from above: rooms, things, the walk, where each picture was taken.",
    media_type="image/png",
)


def read_resource(access: Access, uri: str) -> tuple[str, bytes]:
    """Returns a resource: its media type and its bytes.

    Raises:
        Refused: If there is none, or none that the caller may know of.
        MemoryFileError: If a picture is damaged.
    """
    if uri == HOUSE:
        return "text/plain", house_summary(access).encode()
    if uri == MAP:
        return "image/png", _map(access)
    if uri.startswith(SNAPSHOT):
        record = access.required(uri.removeprefix(SNAPSHOT))
        if record.kind != "snapshot":
            raise Refused(f"{quoted(uri)} is no snapshot.")
        picture = picture_of(access, record)
        return picture.media_type, picture.data
    raise Refused(f"There is no resource {quoted(uri)}; there are {HOUSE}, {MAP}, {SNAPSHOT}ID.")


def house_summary(access: Access) -> str:
    """Tells in words what is known of the house."""
    memory, ids = access.recollection, _snapshots(access)
    lines = [
        f"{len(memory.places)} rooms, {len(memory.objects)} things, {len(ids)} pictures; "
        f"the newest tick is {access.newest_tick()}."
    ]
    rooms = sorted(memory.places.values(), key=lambda place: (place.floor, place.name))
    for place in rooms:
        inside = Counter(
            one_line(seen.category, 40)
            for seen in memory.objects
            if not seen.gone and seen.place is not None and seen.place.place_id == place.place_id
        )
        things = ", ".join(name if n == 1 else f"{n} x {name}" for name, n in inside.most_common())
        beside = [access.place_name(each) for each in place.neighbours if each in memory.places]
        storey = memory.storey_of(place)
        told = [f"{place.area:.0f} m2", storey, f"leads to {', '.join(beside)}" if beside else ""]
        lines.append(
            f"- {access.place_name(place.place_id)} ({'; '.join(t for t in told if t)}): "
            f"{things or 'nothing that I know by name'}"
        )
    return "\n".join(lines)


def _snapshots(access: Access) -> list[str]:
    columns = access.store.columns
    slots = access.store.select(Filter(kind="snapshot", viewer=access.viewer))
    return sorted((columns.ids[slot] for slot in slots.tolist()), reverse=True)


def _map(access: Access) -> bytes:
    from embodied_mem.viz.map_view import render_map
    from embodied_mem.viz.reading import encode_rgb, read_view

    return encode_rgb(render_map(read_view(access.store, viewer=access.viewer)), ".png")
