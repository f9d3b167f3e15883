"""Recall from captions, in the manner of ReMEmbR: what was seen, where the robot was, when.

Anwar et al. 2024, "ReMEmbR: Building and Reasoning Over Long-Horizon Spatio-Temporal Memory for
Robot Navigation", section IV: a caption for every few seconds with position and time.
"""

from collections import Counter
from pathlib import Path
from typing import Final, final

import msgspec
import numpy as np

from embodied_mem.brain.recall import Carry, History, Stay, Thing
from embodied_mem.memory.facts import Vector
from embodied_mem.scene.room_types import room_category
from embodied_mem.types import Observation

_FRAMES: Final = 5
"""Pictures that one caption is of."""
_NAMED: Final = 8
"""Categories that a caption names, the largest first."""
_NOBODY_KNOWS: Final = "something"


class Caption(msgspec.Struct, frozen=True, kw_only=True):
    """What a few pictures in a row show."""

    visit: int
    start: int
    end: int
    """First and last tick."""
    point: Vector
    """Where the robot was in the middle of it, metres."""
    things: tuple[str, ...]
    room: str
    holding: bool


@final
class Captions:
    """Writes captions and reads a history off them."""

    def __init__(self) -> None:
        self.captions: list[Caption] = []
        self._waiting: list[Observation] = []
        self._visit = 0

    def add(self, visit: int, observation: Observation) -> None:
        """Takes a picture in."""
        holding = observation.proprioception.get("holding", 0.0)
        changed = self._waiting and self._waiting[-1].proprioception.get("holding") != holding
        if visit != self._visit or changed or len(self._waiting) == _FRAMES:
            self.flush()
        self._visit = visit
        self._waiting.append(observation)

    def flush(self) -> None:
        """Writes the caption of the pictures that wait for one."""
        if not self._waiting:
            return
        pixels: Counter[str] = Counter()
        for seen in self._waiting:
            if seen.instance is not None:
                numbers, counts = np.unique(seen.instance, return_counts=True)
                for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
                    if number:
                        pixels[seen.labels[number]] += count
        things = sorted(pixels, key=lambda name: (-pixels[name], name))[:_NAMED]
        middle = self._waiting[len(self._waiting) // 2].T_world_body[:3, 3].tolist()
        self.captions.append(
            Caption(
                visit=self._visit,
                start=self._waiting[0].tick,
                end=self._waiting[-1].tick,
                point=(middle[0], middle[1], middle[2]),
                things=tuple(things),
                room=room_category(dict.fromkeys(things, 1.0))[0],
                holding=self._waiting[0].proprioception.get("holding", 0.0) > 0.5,
            )
        )
        self._waiting = []

    def history(self) -> History:
        """Returns what the captions tell: things are where the robot was when it saw them."""
        self.flush()
        return History(
            carries=tuple(self._carries()),
            stays=tuple(self._stays()),
            things=tuple(_things(self.captions)),
            earlier={
                visit: tuple(_things([c for c in self.captions if c.visit <= visit]))
                for visit in range(self._visit)
            },
        )

    def write(self, file: Path) -> None:
        """Writes all captions down."""
        file.write_bytes(msgspec.json.encode(self.captions))

    def _carries(self) -> list[Carry]:
        """Something was held from one caption to another; what it was, no caption tells."""
        carries, start = [], None
        for caption in self.captions:
            if caption.holding and start is None:
                start = caption
            elif not caption.holding and start is not None:
                source = _at(start, _NOBODY_KNOWS)
                carries.append(
                    Carry(
                        visit=start.visit,
                        picked=start.start,
                        placed=caption.start,
                        source=source,
                        target=_at(caption, _NOBODY_KNOWS),
                        source_on=None,
                        target_on=None,
                    )
                )
                start = None
        return carries

    def _stays(self) -> list[Stay]:
        stays: list[Stay] = []
        for caption in self.captions:
            if stays and (stays[-1].room, stays[-1].visit) == (caption.room, caption.visit):
                stays[-1] = _longer(stays[-1], caption)
                continue
            stays.append(
                Stay(
                    room=caption.room,
                    place=caption.room,
                    visit=caption.visit,
                    start=caption.start,
                    end=caption.end,
                    point=caption.point[:2],
                )
            )
        return stays


def _longer(stay: Stay, caption: Caption) -> Stay:
    return Stay(
        room=stay.room,
        place=stay.place,
        visit=stay.visit,
        start=stay.start,
        end=caption.end,
        point=stay.point,
    )


def _things(captions: list[Caption]) -> list[Thing]:
    last: dict[str, Thing] = {}
    for caption in captions:
        for name in caption.things:
            last[name] = _at(caption, name)
    return [last[name] for name in sorted(last)]


def _at(caption: Caption, name: str) -> Thing:
    point = caption.point
    return Thing(category=name, colour="", low=point, high=point, room=caption.room)
