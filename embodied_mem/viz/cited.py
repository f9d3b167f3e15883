"""What an answer rests on: how certain it is, and the pictures that it cites."""

from pathlib import Path

import cv2

from embodied_mem.brain.language.answers import Answer
from embodied_mem.brain.language.recollection import Citation
from embodied_mem.files import write_bytes
from embodied_mem.memory.store import MemoryStore
from embodied_mem.viz.boxes import draw_boxes, scale_box
from embodied_mem.viz.reading import encode_rgb, find_snapshot, read_view


def certainty(answer: Answer) -> str:
    """Returns in a word or two how far an answer can be trusted."""
    if answer.status == "answered":
        return "certain" if answer.certain else "not certain"
    return str(answer.status).replace("_", " ")


def cited_by_picture(answer: Answer) -> dict[str, list[Citation]]:
    """Groups an answer's citations by the snapshot record, in the order of first mention."""
    groups: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        groups.setdefault(citation.snapshot, []).append(citation)
    return groups


def write_cited_pictures(
    folder: Path, stem: str, memory: MemoryStore, answer: Answer
) -> list[Path]:
    """Writes each picture that an answer cites, with boxes around what it is cited for.

    Args:
        folder: Where to; it is made.
        stem: Start of the file names, which go on with the number of the snapshot.
        memory: The memory that the answer came from.
        answer: What was answered.

    Returns:
        The files written; a snapshot whose picture is no longer held has none.

    Raises:
        MemoryFileError: If a payload is not a picture.
    """
    view = read_view(memory)
    labels = view.object_labels()
    written = []
    for record_id, citations in cited_by_picture(answer).items():
        entry = find_snapshot(memory, view, record_id)
        picture = None if entry is None else entry.picture()
        if entry is None or picture is None:
            continue
        scale = picture.shape[1] / max(entry.fact.width, 1)
        boxes = {c.object: scale_box(c.box, scale) for c in citations if c.box is not None}
        drawn = draw_boxes(picture, boxes, strong=list(boxes), labels=labels)
        name = record_id if entry.number is None else f"snapshot-{entry.number}"
        path = folder / f"{stem}-{name}.jpg"
        write_bytes(path, encode_rgb(drawn, ".jpg", cv2.IMWRITE_JPEG_QUALITY, 90))
        written.append(path)
    return written
