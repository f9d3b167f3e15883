"""The things of a table, kept apart and kept in mind from picture to picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.scene.tabletop.boxes import Box, covers
from embodied_mem.scene.tabletop.evidence import Evidence, look_for
from embodied_mem.scene.tabletop.foreground import Fixtures
from embodied_mem.scene.tabletop.matching import Chances, match, named_alike
from embodied_mem.scene.tabletop.perception import Picture
from embodied_mem.scene.tabletop.recognition import UNKNOWN
from embodied_mem.scene.tabletop.sightings import Sighting
from embodied_mem.scene.tabletop.thing import Pose, Thing
from embodied_mem.types import Float64Array

SHUT: Final = 0.03
"""A drawer open by less than this share is closed."""
_JITTER: Final = 0.01
"""Shares by which an estimate of how far a drawer is open may differ from the last one."""
_SURE: Final = 0.5
"""Confidence from which on one picture is enough to believe in a new thing."""
_LEAST_PIXELS: Final = 14
"""What is smaller is no thing."""
_DOUBTFUL: Final = 0.75
"""Confidence below which a name may have been an error."""
_TINT: Final = 0.05
"""Difference in the shares of red, green and blue of what may be one colour."""
_VAGUE: Final = 40
"""Pixels below which what looks like nothing known may be a piece of anything."""
_SAME: Final = 0.03
"""Metres between two pictures of something new that is seen twice."""
_LIFTED: Final = 0.08
"""Metres that the hand must have gone with a thing before it can be seen that it has not."""
_QUIET: Final = 0.002
"""Depth noise up to which one picture is enough, m."""
_OTHER_SIDE: Final = 0.3
"""How much a look counts in pictures of a camera that moves."""


@dataclass(slots=True, eq=False)
class _Candidate:
    """Something new that one picture is not enough for."""

    sighting: Sighting
    times: int


@final
class Tracker:
    """Believes in things.

    Args:
        fixtures: Where things can be.
        gap: Ticks between two pictures in which things can be moved unseen.
        main: Name of the camera that stands still and sees the whole table.
    """

    def __init__(self, fixtures: Fixtures, *, gap: int = 150, main: str = "front") -> None:
        self.fixtures = fixtures
        self.things: dict[str, Thing] = {}
        self.opened: dict[str, float] = dict.fromkeys(fixtures.drawers, 0.0)
        """How far each drawer is believed to be open, from 0 to 1."""
        self.held = ""
        """Id of the thing in the hand."""
        self.revision = 0
        """Grows whenever something of this changes."""
        self._gap, self._main = gap, main
        self._last = -1
        self._taken_from: Pose | None = None
        """Where what is held lay before."""
        self._loose: set[str] = set()
        """Things in closed drawers that may have been opened unseen."""
        self._candidates: dict[str, list[_Candidate]] = {}

    def take(self, picture: Picture) -> None:
        """Brings everything up to date with one picture."""
        self.revision += 1
        tick, camera = picture.view.tick, picture.view.camera
        main = camera == self._main
        if main:
            for name, share in picture.opened.items():
                self._slide(name, share)
        if self._last >= 0 and tick - self._last > self._gap:
            self._loose |= {each.id for each in self.things.values() if each.closed_in}
        self._last = max(tick, self._last)
        if main and self.held:
            self._check_held(picture.sightings)
        sightings = self._without_held(picture.sightings, main)
        tracked = [each for each in self.things.values() if each.id != self.held]
        evidence = [look_for(each, picture, by_colour=main) for each in tracked]
        chances = [self._chances(*pair) for pair in zip(tracked, evidence, strict=True)]
        pairs = match(tracked, sightings, chances, same_side=main)
        for row, column in pairs.items():
            self._update(tracked[row], sightings[column], evidence[row], picture)
        for row, thing in enumerate(tracked):
            if row not in pairs:
                self._doubt(thing, evidence[row], sightings, picture)
        taken = set(pairs.values())
        left = [each for column, each in enumerate(sightings) if column not in taken]
        self._meet(left, picture)
        self._forget_fancies()

    def remember(self, things: Sequence[Thing]) -> None:
        """Takes in what is known from earlier visits."""
        self.things.update((each.id, each) for each in things)
        self.revision += 1

    def find_under(self, point: Float64Array) -> Thing | None:
        """Returns the thing that a (3,) point is in or nearly in; None where there is none."""
        best, least = None, np.inf
        for thing in self.things.values():
            if thing.missing or thing.closed_in:
                continue
            if not thing.low - 0.015 <= point[2] <= thing.top + 0.02:
                continue
            apart = float(np.hypot(*(point - thing.position)[:2]))
            box = Box(position=thing.position, size=thing.size, yaw=thing.yaw, fill=1.0)
            within = covers(box, point, 0.02) or apart < 0.035
            if within and apart < least:
                best, least = thing, apart
        return best

    def hold(self, thing: Thing) -> None:
        """Hears that a thing was grasped."""
        self.held = thing.id
        self._taken_from = thing.pose
        thing.place, thing.closed_in, thing.missing = "hand", False, False
        self.revision += 1

    def carry(self, position: Float64Array, yaw: float, tilt: float, tick: int) -> None:
        """Hears where what is held is now.

        Args:
            position: (3,) m.
            yaw: How it is turned.
            tilt: How far it leans, rad.
            tick: Now.
        """
        thing = self.things[self.held]
        thing.put(position, yaw, "hand", tilt)
        thing.tick = tick

    def release(self, position: Float64Array, yaw: float, tick: int) -> None:
        """Hears that what was held is held no more; it drops to what is below.

        Args:
            position: (3,) where it was let go, m.
            yaw: How it was turned.
            tick: When.
        """
        thing = self.things[self.held]
        self.held = ""
        place = self.fixtures.place_of(
            position, float(position[2] - 0.5 * thing.size[2]), self.opened
        )
        floor = self.fixtures.floor_at(place)
        for other in self.things.values():
            below = other.id != thing.id and other.place == place and not other.missing
            box = Box(position=other.position, size=other.size, yaw=other.yaw, fill=1.0)
            if below and covers(box, position) and other.position[2] < position[2]:
                floor = max(floor, other.top)
        rests = np.array([*position[:2], floor + 0.5 * float(thing.size[2])])
        thing.put(rests, yaw, place)
        thing.tick = tick
        self.revision += 1

    def closed_pose(self, thing: Thing) -> Pose:
        """Returns where a thing is, in a drawer as if that were closed."""
        if thing.place not in self.opened:
            return thing.pose
        way = self.fixtures.drawers[thing.place].way(self.opened[thing.place])
        return Pose(thing.position - way, thing.yaw, thing.place)

    def forget_unseen(self) -> None:
        """Forgets whatever the last picture did not show; what is held is felt."""
        for name in [n for n, t in self.things.items() if not t.visible and n != self.held]:
            del self.things[name]

    # -- drawers -------------------------------------------------------------------------------

    def _slide(self, name: str, share: float) -> None:
        """Moves a drawer, and what is in it along."""
        share = 0.0 if share < SHUT else share
        old = self.opened[name]
        if abs(share - old) < _JITTER and (share > 0.0) == (old > 0.0):
            return
        drawer = self.fixtures.drawers[name]
        way = drawer.way(share) - drawer.way(old)
        self.opened[name] = share
        for thing in self.things.values():
            if thing.place == name and thing.id != self.held:
                thing.position = thing.position + way
                thing.closed_in = share == 0.0

    # -- what is known already -----------------------------------------------------------------

    def _chances(self, thing: Thing, evidence: Evidence) -> Chances:
        loose = thing.id in self._loose or bool(thing.session)
        return Chances(
            evidence=evidence,
            shut_in=thing.closed_in and not loose,
            untold=loose or thing.missing,
        )

    def _check_held(self, sightings: Sequence[Sighting]) -> None:
        """Lets go of what is seen lying where it was taken from while the hand is elsewhere."""
        thing, before = self.things[self.held], self._taken_from
        if before is None or np.linalg.norm(thing.position - before.position) < _LIFTED:
            return
        for each in sightings:
            stays = np.linalg.norm(each.position - before.position) < _SAME
            named = (each.category, each.colour) == (thing.category, thing.colour)
            if stays and named and each.whole and each.confidence >= _SURE:
                self.held = ""
                thing.put(before.position, before.yaw, before.place)
                return

    def _without_held(self, sightings: Sequence[Sighting], main: bool) -> list[Sighting]:
        """Leaves out what shows the thing in the hand; from near, a part fills the picture."""
        if not self.held:
            return list(sightings)
        thing = self.things[self.held]
        reach = 0.5 * float(np.linalg.norm(thing.size)) + (0.03 if main else 0.12)
        return [e for e in sightings if np.linalg.norm(e.position - thing.position) > reach]

    def _update(
        self, thing: Thing, sighting: Sighting, evidence: Evidence, picture: Picture
    ) -> None:
        tick, main = picture.view.tick, picture.view.camera == self._main
        before = thing.place
        if thing.session:
            thing.rest, thing.moved = 0, False
        if main:
            self._see(thing, sighting, evidence, tick)
        elif named_alike(thing, sighting) and not evidence.still_there:
            thing.see(sighting, tick, _OTHER_SIDE)
        else:
            thing.noticed(tick)
        self._settle(thing)
        thing.moved |= before != thing.place and thing.rest > 1

    def _settle(self, thing: Thing) -> None:
        """Brings up to date what follows from where a thing was seen."""
        thing.place = self.fixtures.place_of(thing.position, thing.low, self.opened)
        thing.closed_in = False
        self._loose.discard(thing.id)
        if thing.first is None or not thing.moved:
            thing.first = self.closed_pose(thing)

    def _see(self, thing: Thing, sighting: Sighting, evidence: Evidence, tick: int) -> None:
        """Takes in what the main camera shows of a thing, all or part of it."""
        apart = float(np.linalg.norm((sighting.position - thing.position)[:2]))
        if sighting.whole and (sighting.category != UNKNOWN or thing.category == UNKNOWN):
            thing.see(sighting, tick, 1.0)
            thing.proven = True
            return
        gone = apart > 0.5 * float(thing.size[:2].max()) + 0.01 and not evidence.still_there
        thing.glimpse(sighting, tick, elsewhere=gone or bool(evidence.empty and apart > 0.015))

    def _doubt(
        self, thing: Thing, evidence: Evidence, sightings: Sequence[Sighting], picture: Picture
    ) -> None:
        """Judges a thing that no sighting was taken for."""
        if evidence.outside == evidence.total:
            return
        main = picture.view.camera == self._main
        if main and any(_fills(each, thing) for each in sightings):
            thing.visible, thing.missing = False, True
            # The very same surface under another name: it was something else from the beginning.
            thing.proven &= not (evidence.still_there and thing.confidence < _DOUBTFUL)
        elif evidence.still_there:
            thing.noticed(picture.view.tick)
            thing.first = thing.first or self.closed_pose(thing)
        elif evidence.empty and not thing.closed_in:
            sure = main and evidence.clearly_empty and picture.view.noise < _QUIET
            thing.doubts += 2 if sure else 1
            if thing.doubts >= 2:
                thing.visible, thing.missing = False, True
        else:
            thing.visible = False

    # -- what is new ---------------------------------------------------------------------------

    def _meet(self, sightings: Sequence[Sighting], picture: Picture) -> None:
        """Believes in new things, at once or when they are seen again."""
        camera = picture.view.camera
        waiting = self._candidates.get(camera, [])
        still: list[_Candidate] = []
        for sighting in sightings:
            if sighting.pixels < _LEAST_PIXELS or self._is_part(sighting, camera):
                continue
            times = 1 + max(
                (each.times for each in waiting if _near(each.sighting, sighting)), default=0
            )
            if times >= self._enough(sighting, picture):
                if not self._find_again(sighting, picture):
                    self._add(sighting, picture.view.tick, camera == self._main)
            else:
                still.append(_Candidate(sighting, times))
        self._candidates[camera] = still

    def _find_again(self, sighting: Sighting, picture: Picture) -> bool:
        """Takes something new for what is missing and looks the same; tells whether there is.

        A piece that looks like nothing known may be what a handle leaves to see of it.
        """
        if picture.view.camera != self._main:
            return False
        lost = [each for each in self.things.values() if each.missing and _alike(each, sighting)]
        if not lost:
            return False
        thing = min(lost, key=lambda t: float(np.linalg.norm(t.position - sighting.position)))
        if thing.session:
            thing.rest, thing.moved = 0, False
        if sighting.category == UNKNOWN:
            thing.glimpse(sighting, picture.view.tick, elsewhere=True)
        else:
            thing.see(sighting, picture.view.tick, 1.0)
        self._settle(thing)
        return True

    def _enough(self, sighting: Sighting, picture: Picture) -> int:
        """Returns in how many pictures in a row something new must be seen."""
        vague = sighting.category == UNKNOWN and sighting.pixels < _VAGUE
        if sighting.arm > 0.0 or vague:
            return 4
        sure = sighting.whole and sighting.category != UNKNOWN and sighting.confidence >= _SURE
        if picture.view.camera != self._main:
            return 2 if sure else 1_000_000
        return 1 if sure and picture.view.noise < _QUIET else 2

    def _is_part(self, sighting: Sighting, camera: str) -> bool:
        """Tells whether a sighting is only another piece of a thing that is seen."""
        for thing in self.things.values():
            if thing.id == self.held or thing.closed_in:
                continue
            if thing.missing and camera == self._main:
                continue
            box = Box(position=thing.position, size=thing.size, yaw=thing.yaw, fill=1.0)
            level = thing.low - 0.01 < sighting.position[2] < thing.top + 0.005
            if level and covers(box, sighting.position, 0.006):
                return True
        return False

    def _add(self, sighting: Sighting, tick: int, main: bool) -> None:
        name = self._name(f"{sighting.colour}_{sighting.category}")
        box = sighting.box
        thing = Thing(
            id=name,
            category=sighting.category,
            colour=sighting.colour,
            position=box.position.copy(),
            size=box.size.copy(),
            yaw=box.yaw,
            place="",
            tick=tick,
            share=sighting.share,
        )
        thing.see(sighting, tick, 1.0 if main else _OTHER_SIDE)
        thing.proven = main and sighting.whole
        thing.place = self.fixtures.place_of(thing.position, thing.low, self.opened)
        thing.first = self.closed_pose(thing)
        self.things[name] = thing

    def _name(self, plain: str) -> str:
        name, number = plain, 2
        while name in self.things:
            name, number = f"{plain}_{number}", number + 1
        return name

    def _forget_fancies(self) -> None:
        """Forgets what was never clearly seen and is not where it seemed to be."""
        fancies = [
            name
            for name, thing in self.things.items()
            if (thing.category == UNKNOWN or not thing.proven)
            and thing.missing
            and name != self.held
        ]
        for name in fancies:
            del self.things[name]


def _near(one: Sighting, other: Sighting) -> bool:
    return float(np.linalg.norm(one.position - other.position)) < _SAME


def _alike(thing: Thing, sighting: Sighting) -> bool:
    """Tells whether something new looks like a thing, or like a piece of its colour."""
    if sighting.category != UNKNOWN:
        return (sighting.category, sighting.colour) == (thing.category, thing.colour)
    small = float(sighting.box.size.max()) < float(thing.size.max()) + 0.01
    return small and float(np.abs(sighting.share - thing.share).max()) < _TINT


def _fills(sighting: Sighting, thing: Thing) -> bool:
    """Tells whether what is seen takes up the space where a thing should be."""
    if not sighting.whole or sighting.category == UNKNOWN:
        return False
    low, top = sighting.box.low - 0.005, sighting.box.top + 0.005
    inside = low < thing.position[2] < top and covers(sighting.box, thing.position)
    return bool(inside)
