"""The scene as the planner thinks it through: moved in thought, step by step."""

import math
from dataclasses import dataclass, field, replace

from embodied_mem.brain.planning.rules.footprint import Footprint, gap, rectangle
from embodied_mem.brain.planning.sections import FixtureView, SceneView

RESTS = 0.02
"""The bottom of a thing lies within this of the top of what carries it, m."""
OPEN_SHARE = 0.5
CLOSED_SHARE = 0.08
HANDLE_ROOM = 0.07
"""A drawer's handle and the fingers on it reach so far before its front, m."""
SIDE_ROOM = 0.01
"""So much beside a drawer must be free when it slides, m."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A thing that can be moved, as it is believed to lie at one point of the plan."""

    id: str
    category: str
    colour: str
    position: tuple[float, float, float]
    size: tuple[float, float, float]
    yaw: float
    place: str
    visible: bool
    missing: bool
    lost: bool = False
    """Whether nobody knows where it will be found: then it stands in nothing's way."""

    @property
    def footprint(self) -> Footprint:
        """Its box seen from above."""
        return Footprint(
            x=self.position[0],
            y=self.position[1],
            half_x=0.5 * self.size[0],
            half_y=0.5 * self.size[1],
            yaw=self.yaw,
        )

    @property
    def bottom(self) -> float:
        """Height of its underside, m."""
        return self.position[2] - 0.5 * self.size[2]

    @property
    def top(self) -> float:
        """Height of its upper side, m."""
        return self.position[2] + 0.5 * self.size[2]

    @property
    def is_long(self) -> bool:
        """Whether its turn can be told and matters, as a fork's does."""
        wide, deep = sorted(self.size[:2])
        return deep >= 2.0 * wide


@dataclass(slots=True)
class World:
    """Where all things are, which drawers are open, and what the hand holds."""

    things: dict[str, Piece]
    fixtures: dict[str, FixtureView]
    opened: dict[str, bool | None] = field(default_factory=dict)
    """Of each drawer whether it is open; None where that will only show."""
    holding: str = ""

    @classmethod
    def of(cls, scene: SceneView) -> "World":
        """Takes over what is believed."""
        things = {
            name: Piece(
                id=name,
                category=view.category,
                colour=view.colour,
                position=view.position,
                size=view.size,
                yaw=view.yaw,
                place=view.place,
                visible=view.visible,
                missing=view.missing,
            )
            for name, view in scene.things.items()
        }
        opened = {
            name: _is_open(view.opened)
            for name, view in scene.fixtures.items()
            if view.kind == "drawer"
        }
        return cls(things, dict(scene.fixtures), opened, scene.holding)

    def kind(self, name: str) -> str:
        """Returns the kind of a fixture, `object` of a thing, empty of anything else."""
        if name in self.fixtures:
            return self.fixtures[name].kind
        return "object" if name in self.things else ""

    def of_kind(self, kind: str) -> list[str]:
        """Returns the fixtures of a kind."""
        return [name for name, view in self.fixtures.items() if view.kind == kind]

    def lies_loose(self, piece: Piece) -> bool:
        """Tells whether a thing lies on the table: not in a container, not held, not lost."""
        held = piece.id == self.holding or piece.place == "hand"
        inside = self.kind(piece.place) in ("bin", "drawer", "tray")
        return not (held or inside or piece.missing or piece.lost)

    def is_shut_in(self, name: str) -> bool:
        """Tells whether a thing is believed to be in a drawer that is not open."""
        place = self.things[name].place
        return self.kind(place) == "drawer" and self.opened[place] is not True

    def on_top_of(self, name: str) -> list[str]:
        """Returns the things that rest on a thing."""
        base = self.things[name]
        return [
            other.id
            for other in self.things.values()
            if other.id not in (name, self.holding)
            and not (other.missing or other.lost)
            and other.place == base.place
            and abs(other.bottom - base.top) <= RESTS
            and other.bottom >= base.position[2]
            and base.footprint.distance(other.footprint.corners().mean(axis=0)[None])[0] <= 0.005
        ]

    def in_way_of(
        self, footprint: Footprint, *, margin: float, but: tuple[str, ...] = ()
    ) -> list[str]:
        """Returns the loose things that lie over or too near to a footprint, low ones last."""
        found = [
            piece
            for piece in self.things.values()
            if piece.id not in but
            and self.lies_loose(piece)
            and gap(piece.footprint, footprint) < margin
        ]
        return [piece.id for piece in sorted(found, key=lambda p: (-p.position[2], p.id))]

    def sweep(self, drawer: str) -> Footprint:
        """Returns what an opening drawer, its handle and the hand on it pass over."""
        view = self.fixtures[drawer]
        along = view.slides or (-1.0, 0.0, 0.0)
        reach = view.travel + HANDLE_ROOM
        low, high = list(view.low), list(view.high)
        for axis in (0, 1):
            low[axis] += min(0.0, along[axis] * reach)
            high[axis] += max(0.0, along[axis] * reach)
            if abs(along[axis]) < 0.5:
                low[axis] -= SIDE_ROOM
                high[axis] += SIDE_ROOM
        return rectangle(tuple(low), tuple(high))

    def update(self, name: str, **changes: object) -> None:
        """Changes what is thought of a thing."""
        self.things[name] = replace(self.things[name], **changes)  # type: ignore[arg-type]


def _is_open(share: float) -> bool | None:
    if share >= OPEN_SHARE:
        return True
    return False if share <= CLOSED_SHARE else None


def turn_between(a: float, b: float) -> float:
    """Returns the angle between two turns of a box that looks the same half a turn on, rad.

    >>> round(turn_between(0.1, 0.1 + math.pi), 6), round(turn_between(-0.2, 0.3), 6)
    (0.0, 0.5)
    """
    turn = abs(a - b) % math.pi
    return min(turn, math.pi - turn)
