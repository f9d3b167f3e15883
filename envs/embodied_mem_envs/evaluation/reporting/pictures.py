"""The pictures that episodes left, put into the page itself."""

import base64
from collections.abc import Sequence
from pathlib import Path

from embodied_mem.viz.html import Html, join, tag
from embodied_mem.viz.page_sections import section
from embodied_mem_envs.evaluation.running.evaluation import EPISODES
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord

MOST_PICTURES = 36
MOST_BYTES = 8_000_000
"""What all pictures in a page take at most."""
_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


def pictures_section(folder: Path, records: Sequence[EpisodeRecord]) -> Html:
    """Returns the pictures of the first episodes of each agent in turn, as far as there is room."""
    shown: list[Html] = []
    taken = left_out = 0
    for record, name in _in_turn(records):
        path = folder / EPISODES / record.agent / str(record.seed) / name
        kind = _TYPES.get(path.suffix.lower())
        words = f"{record.agent}, seed {record.seed}: {Path(name).stem}"
        if kind is None or not path.is_file():
            left_out += 1
            continue
        data = path.read_bytes()
        if len(shown) >= MOST_PICTURES or taken + len(data) > MOST_BYTES:
            left_out += 1
            continue
        taken += len(data)
        source = f"data:{kind};base64,{base64.b64encode(data).decode()}"
        picture = tag("img", src=source, alt=words, loading="lazy")
        shown.append(tag("figure", picture, tag("figcaption", words)))
    if not shown and not left_out:
        return Html("")
    more = [tag("p", f"{left_out} more lie in the folder.", class_="note")] if left_out else []
    return section("episodes", "Episodes", "", join(tag("div", *shown, class_="gallery"), *more))


def _in_turn(records: Sequence[EpisodeRecord]) -> list[tuple[EpisodeRecord, str]]:
    """Returns pictures seed by seed, so that agents stand beside each other."""
    order = {name: n for n, name in enumerate(dict.fromkeys(r.agent for r in records))}
    return [
        (record, name)
        for record in sorted(records, key=lambda r: (r.seed, order[r.agent]))
        for name in record.pictures
    ]
