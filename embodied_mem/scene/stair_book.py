"""What is known of flights of stairs, gathered from many pictures and from both of their ends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from embodied_mem.scene.flights import Flight, FlightConfig, fit_flight
from embodied_mem.scene.stairs import Stairs, run_of
from embodied_mem.types import Float64Array

F = TypeVar("F")

_SAME_EDGE = 0.8
"""Flights of one floor whose edges are nearer than this, m, are one."""
_SAME_WAY = 0.85
"""Cosine of the directions of two views of one flight."""
_MOST_POINTS = 1500
"""So many points of treads are kept of each end."""
_MOST_FITS = 40
"""After so many pictures from one end nothing more is learned from there."""


@dataclass(kw_only=True, eq=False)
class Level(Generic[F]):
    """The height of a floor, stood on or reckoned with."""

    height: float
    measured: bool
    floor: F | None = None


@dataclass(kw_only=True, eq=False)
class _End:
    """One end of a flight as the pictures from there show it."""

    flight: Flight
    fits: int = 1


@dataclass(kw_only=True, eq=False)
class _Track(Generic[F]):
    """One flight."""

    id: str
    lower: Level[F]
    upper: Level[F]
    foot: _End | None = None
    """From below."""
    head: _End | None = None
    """From above."""
    retired: bool = False

    def best(self) -> Flight:
        ends = [end.flight for end in (self.foot, self.head) if end is not None]
        return max(ends, key=lambda flight: (flight.steps, flight.up))

    def stairs(self, lower: int, upper: int) -> Stairs:
        """Returns the flight as it is known now."""
        best = self.best()
        low, high = self.lower.height, self.upper.height
        tread = best.tread
        if self.foot is not None and self.head is not None:
            # Both ends tell the length of the flight better than a few treads.
            offset = self.head.flight.edge - self.foot.flight.edge
            steps = run_of(low, high, best.rise, 1.0)
            tread = float(offset @ best.direction) / steps
        run = run_of(low, high, best.rise, tread)
        return Stairs(
            id=self.id,
            lower=lower,
            upper=upper,
            foot=best.edge if best.up else best.edge - run * best.direction,
            direction=best.direction,
            width=best.width,
            rise=best.rise,
            tread=tread,
            low=low,
            high=high,
            measured=self.lower.measured and self.upper.measured,
        )


class StairBook(Generic[F]):
    """Keeps the flights."""

    def __init__(self, config: FlightConfig) -> None:
        self.config = config
        self.tracks: list[_Track[F]] = []

    def stairs(self, index: Mapping[int, int]) -> tuple[Stairs, ...]:
        """Returns the flights that were not given up.

        Args:
            index: Number of each level by its `id()`.
        """
        return tuple(
            track.stairs(index[id(track.lower)], index[id(track.upper)])
            for track in self.tracks
            if not track.retired
        )

    def levels(self) -> Iterable[Level[F]]:
        """Yields the levels that flights lead to."""
        for track in self.tracks:
            if not track.retired:
                yield from (track.lower, track.upper)

    def retire(self, stairs_id: str) -> None:
        """Gives a flight up."""
        for track in self.tracks:
            track.retired |= track.id == stairs_id

    def on_flight(self, xy: Float64Array) -> bool:
        """Tells whether a point lies on a flight, seen from above."""
        return any(
            bool(track.stairs(0, 1).covers(xy)) for track in self.tracks if not track.retired
        )

    def note(self, flight: Flight, here: Level[F], there: Level[F]) -> bool:
        """Takes a view of a flight in.

        Args:
            flight: As it was seen.
            here: Level from which it was seen.
            there: Level to which it leads.

        Returns:
            Whether anything was learned.
        """
        lower, upper = (here, there) if flight.up else (there, here)
        end = self._same_end(flight, here)
        if end is not None:
            return self._refine(end, flight)
        track = self._other_end(flight, lower, upper)
        if track is None:
            track = _Track(id=f"stairs-{len(self.tracks):04d}", lower=lower, upper=upper)
            self.tracks.append(track)
        if flight.up:
            track.foot = _End(flight=flight)
        else:
            track.head = _End(flight=flight)
        return True

    def _same_end(self, flight: Flight, here: Level[F]) -> _End | None:
        """Returns the end of a flight that was seen from this end before."""
        for track in self.tracks:
            end = track.foot if flight.up else track.head
            own = track.lower if flight.up else track.upper
            if end is None or own is not here:
                continue
            near = np.hypot(*(end.flight.edge - flight.edge)) < _SAME_EDGE
            if near and end.flight.direction @ flight.direction > _SAME_WAY:
                return end
        return None

    def _other_end(self, flight: Flight, lower: Level[F], upper: Level[F]) -> _Track[F] | None:
        """Returns the flight of which only the other end was seen before."""
        for track in self.tracks:
            unseen = track.foot is None if flight.up else track.head is None
            if not unseen or track.lower is not lower or track.upper is not upper:
                continue
            known = track.stairs(0, 1)
            goal = 0.0 if flight.up else known.run
            along = abs(float(known.along(flight.edge)) - goal)
            across = abs(float(known.across(flight.edge)))
            if along < 1.5 and across < 0.8 and known.direction @ flight.direction > _SAME_WAY:
                return track
        return None

    def _refine(self, end: _End, flight: Flight) -> bool:
        """Fits an end again with the points of one more picture."""
        if end.fits >= _MOST_FITS:
            return False
        end.fits += 1
        points = np.concatenate([end.flight.treads, flight.treads])
        if len(points) > _MOST_POINTS:
            points = points[:: -(-len(points) // _MOST_POINTS)]
        joint = fit_flight(points, flight.up, self.config)
        if joint is None or joint.steps < end.flight.steps:
            joint = flight if flight.steps > end.flight.steps else None
        if joint is None:
            return False
        end.flight = joint
        return True
