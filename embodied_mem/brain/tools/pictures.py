"""The tool that shows a remembered picture."""

from embodied_mem.brain.tools.access import Access
from embodied_mem.brain.tools.arguments import ShowSnapshot
from embodied_mem.brain.tools.finding import find, label, plain, settled, shown_in
from embodied_mem.brain.tools.result import MediaType, Picture, Refused, ToolResult, quoted
from embodied_mem.memory.codec.pictures import join
from embodied_mem.memory.record import MemoryRecord

_NAMED = 12


def show_snapshot(access: Access, arguments: ShowSnapshot) -> ToolResult:
    """Shows a snapshot by its id, or the one that shows a thing best."""
    words = plain(arguments.what)
    record = access.record(words)
    wanted = None
    if record is None or record.kind != "snapshot":
        found = settled(find(access, words).objects)
        wanted = found[0] if found else None
        citation = None if wanted is None else access.recollection.cite(wanted.id)
        if citation is None:
            raise Refused(
                f"No snapshot has the id {quoted(words)}, and none shows such a thing; "
                'recall with kinds ["snapshot"] lists snapshots.'
            )
        record = access.required(citation.snapshot)
    picture = picture_of(access, record)
    seen = shown_in(access, record)
    boxes = record.content.get("boxes", {})
    value = {
        "id": picture.id,
        "tick": record.valid_from,
        "place": access.place_name(record.place) or None,
        "width": record.content.get("width"),
        "height": record.content.get("height"),
        "asked_for": None if wanted is None else wanted.id,
        "boxes": {each.id: list(boxes[each.id]) for each in seen},
    }
    named = ", ".join(label(each) for each in seen[:_NAMED]) or "nothing that I know by name"
    at = (
        ""
        if wanted is None or wanted.id not in boxes
        else f" {label(wanted)} is in pixels {list(boxes[wanted.id])} (x0, y0, x1, y1)."
    )
    return ToolResult(
        text=f"{picture.title}. It shows {named}.{at}", value=value, pictures=(picture,)
    )


def picture_of(access: Access, record: MemoryRecord) -> Picture:
    """Returns the picture that a record holds, as fine as it is still held.

    Raises:
        Refused: If it holds none any more.
    """
    name = access.name(record.id)
    data = join(record.payload) if record.payload else b""
    media = media_type(data)
    if media is None:
        raise Refused(f"The picture of {name} is no longer held; its record tells what it showed.")
    place = access.place_name(record.place)
    where = f", {place}" if place else ""
    title = f"Snapshot {name}, tick {record.valid_from}{where}"
    return Picture(data=data, media_type=media, id=name, title=title)


def media_type(data: bytes) -> MediaType | None:
    """Tells the type of a picture file by how it begins; None for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/png" if data.startswith(b"\x89PNG\r\n\x1a\n") else None
