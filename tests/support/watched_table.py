"""A real simulated table, and a belief that watches it; the truth is for comparing only."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.brain.belief import Belief
from embodied_mem.brain.state import Entity
from embodied_mem.memory import MemoryStore
from embodied_mem.types import Command
from embodied_mem_envs.tabletop.body import TabletopBody
from embodied_mem_envs.tabletop.catalogue import kind
from embodied_mem_envs.tabletop.cell import TRAVEL
from embodied_mem_envs.tabletop.layout import Placed

PICTURE = 40
"""Ticks between two pictures of a belief that watches."""
LATER = 200
"""Ticks after which nobody knows what happened meanwhile."""


def put(name: str, colour: str, x: float, y: float, yaw: float = 0.0, z: float = 0.0005) -> Placed:
    """Returns a thing on the table, or higher."""
    return Placed(kind=name, colour=colour, position=(x, y, z), yaw=yaw)


class WatchedTable:
    """A body, and one belief after the other that watches it."""

    def __init__(self, layout: Sequence[Placed], store: MemoryStore | None = None) -> None:
        self.body = TabletopBody(layout)
        self.body.connect()
        self.body.settle(0.2)
        self.model = ArmModel(self.body.description)
        self.visits = 0
        self.begin(store)

    def begin(self, store: MemoryStore | None = None, *, memory: bool = True) -> Belief:
        """Comes back as a new visit."""
        self.visits += 1
        session = f"visit-{self.visits}"
        self.belief = Belief(self.body.cell, self.model, store, session, memory=memory)
        return self.belief

    def look(self, pictures: int = 1, camera: str = "front") -> dict[str, Entity]:
        """Takes pictures with the truth sealed; returns the things believed in."""
        with self.body.sealed():
            for _ in range(pictures):
                for _ in range(PICTURE):
                    self.body.act(Command())
                    self.belief.feel(self.body.sense())
                self.belief.observe(self.body.observe(camera), self.body.sense())
        return self.things()

    def pass_by(self, ticks: int = LATER) -> None:
        """Lets time pass with nobody watching."""
        for _ in range(ticks):
            self.body.act(Command())

    def things(self) -> dict[str, Entity]:
        """Returns the things believed in."""
        entities = self.belief.state(self.body.sense()).entities
        return {name: each for name, each in entities.items() if each.kind == "object"}

    def error(self, believed: str, true: str | None = None) -> float:
        """Returns how far a belief is from the truth, m."""
        thing = self.body.truth().things[true or believed]
        return float(np.linalg.norm(self.things()[believed].position - thing.position))

    def drawer(self, name: str, share: float, inside: Sequence[str] = ()) -> None:
        """Moves a drawer by hand, and what is in it along."""
        before = self.body.truth()
        way = TRAVEL * (before.drawers[name] - share)
        self.body.set_drawer(name, share)
        for thing in inside:
            x, y, z = before.things[thing].position
            below = z - 0.5 * kind(before.things[thing].kind).size[2]
            self.body.place_object(thing, (x + way, y, below + 0.0005), before.things[thing].yaw)
        self.body.settle(0.1)


@contextmanager
def watched(*layout: Placed, store: MemoryStore | None = None) -> Iterator[WatchedTable]:
    """Opens a table with things on it."""
    table = WatchedTable(layout, store)
    try:
        yield table
    finally:
        table.body.close()
