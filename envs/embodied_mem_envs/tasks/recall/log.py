"""What truly happened: the log that every answer is computed from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

import numpy as np

from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.layout import Room
from embodied_mem_envs.house.objects import HouseObject

Box = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Lower and upper corner, metres."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lies:
    """A thing where it lay."""

    thing: HouseObject
    room: Room
    on: HouseObject | None
    """What carried it."""

    @property
    def box(self) -> Box:
        """Its box."""
        return self.thing.box_min, self.thing.box_max


@dataclass(frozen=True, kw_only=True, slots=True)
class TrueCarry:
    """The robot took something and set it down elsewhere."""

    visit: int
    picked: int
    placed: int
    """Ticks."""
    source: Lies
    target: Lies

    @property
    def thing(self) -> HouseObject:
        """As it was set down."""
        return self.target.thing

    @property
    def metres(self) -> float:
        """How far it got over the floor, as the crow flies."""
        apart = np.subtract(self.target.thing.position, self.source.thing.position)
        return float(np.hypot(apart[0], apart[1]))


@dataclass(frozen=True, kw_only=True, slots=True)
class TrueStay:
    """The robot was in a room without a break."""

    room: Room
    visit: int
    start: int
    end: int
    """First and last tick."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pose:
    """Where the robot was."""

    visit: int
    tick: int
    x: float
    y: float


@final
@dataclass(slots=True)
class Log:
    """Everything that happened, in order."""

    carries: list[TrueCarry] = field(default_factory=list)
    poses: list[Pose] = field(default_factory=list)
    ends: list[Mapping[str, Lies]] = field(default_factory=list)
    """Where everything lay at the end of each visit, by object id."""
    starts: list[Mapping[str, Lies]] = field(default_factory=list)
    """...and at its start."""

    def stays(self, house: House, visit: int | None = None) -> list[TrueStay]:
        """Returns the stays in rooms; a room that a single picture lies in was passed by."""
        runs: list[tuple[Room, int, list[int]]] = []
        for pose in self.poses:
            room = house.room_at(pose.x, pose.y)
            if room is None:
                continue
            if runs and runs[-1][0].id == room.id and runs[-1][1] == pose.visit:
                runs[-1][2].append(pose.tick)
            else:
                runs.append((room, pose.visit, [pose.tick]))
        stays: list[TrueStay] = []
        for room, number, ticks in runs:
            if len(ticks) < 2:
                continue
            if stays and stays[-1].room.id == room.id and stays[-1].visit == number:
                first = stays.pop().start
            else:
                first = ticks[0]
            stays.append(TrueStay(room=room, visit=number, start=first, end=ticks[-1]))
        return [stay for stay in stays if visit is None or stay.visit == visit]


def lies(house: House, object_id: str) -> Lies:
    """Returns how a thing lies in a house now."""
    thing = house.object(object_id)
    on = house.object(thing.on) if thing.on is not None else None
    return Lies(thing=thing, room=house.room(thing.room), on=on)


def all_lie(house: House) -> dict[str, Lies]:
    """Returns how everything lies in a house now."""
    return {thing.id: lies(house, thing.id) for thing in house.objects}
