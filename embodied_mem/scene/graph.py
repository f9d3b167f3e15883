"""The scene graph: the spatial view of memory, kept up to date one observation at a time."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.memory.facts import ObjectFact, PlaceFact, Vector
from embodied_mem.perception import Embedder, Frame, Segmenter, default_stride, make_frame
from embodied_mem.perception.colour import COLOUR_TERMS, colour_votes, prepare_colours
from embodied_mem.scene.association import AssociationConfig, associate, contained
from embodied_mem.scene.changes import ChangeConfig, pair_moved, pair_unseen
from embodied_mem.scene.evidence import EvidenceConfig, look_for
from embodied_mem.scene.frontiers import Frontier, FrontierConfig
from embodied_mem.scene.objects import ObjectConfig, ObjectTable
from embodied_mem.scene.occupancy import Occupancy, OccupancyConfig
from embodied_mem.scene.places import Place, PlaceConfig
from embodied_mem.scene.quality import view_quality
from embodied_mem.scene.relations import supports
from embodied_mem.scene.room_types import room_category
from embodied_mem.scene.sightings import Sightings, make_sightings
from embodied_mem.scene.snapshots import KeptFrame, SnapshotConfig, SnapshotSelector
from embodied_mem.scene.stairs import Stairs
from embodied_mem.scene.storeys import Floor, StoreyConfig, Storeys
from embodied_mem.scene.voxels import member
from embodied_mem.types import BoolArray, Int64Array, Observation


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneConfig:
    """Settings of the scene layer, a part each."""

    stride: int = 0
    """Pixel stride of perception; 0 picks the one that leaves about 160 columns."""
    max_range: float = 5.0
    """Objects farther away than this, metres, are not taken in."""
    jpeg_quality: int = 85
    """Of kept pictures, 1 to 100."""
    duplicate_overlap: float = 0.5
    """Two objects of a category that share this much of the smaller one are one."""
    objects: ObjectConfig = field(default_factory=ObjectConfig)
    association: AssociationConfig = field(default_factory=AssociationConfig)
    evidence: EvidenceConfig = field(default_factory=EvidenceConfig)
    changes: ChangeConfig = field(default_factory=ChangeConfig)
    snapshots: SnapshotConfig = field(default_factory=SnapshotConfig)
    occupancy: OccupancyConfig = field(default_factory=OccupancyConfig)
    frontiers: FrontierConfig = field(default_factory=FrontierConfig)
    places: PlaceConfig = field(default_factory=PlaceConfig)
    storeys: StoreyConfig = field(default_factory=StoreyConfig)


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneChange:
    """What one observation changed, by object row."""

    seen: tuple[int, ...] = ()
    """Objects that this frame shows."""
    gone: tuple[int, ...] = ()
    """Objects whose place was found empty."""
    moved: tuple[int, ...] = ()
    """Objects found again at another place."""
    dropped: tuple[int, ...] = ()
    """Rows that are no objects any more: merged into others or never confirmed."""


class SceneGraph:
    """Occupancy, objects, places, frontiers and co-visibility snapshots of what was observed."""

    def __init__(
        self, segmenter: Segmenter, embedder: Embedder, config: SceneConfig | None = None
    ) -> None:
        self.config = config or SceneConfig()
        self.segmenter = segmenter
        self.embedder = embedder
        self.storeys = Storeys(
            self.config.storeys,
            self.config.occupancy,
            self.config.frontiers,
            self.config.places,
        )
        """The floors, and on which of them the body stands."""
        self.objects = ObjectTable(self.config.objects, embedder.dimension, len(COLOUR_TERMS))
        self.snapshots = SnapshotSelector(self.config.snapshots)
        self.places: tuple[Place, ...] = ()
        """The places of all floors, as last found."""
        prepare_colours()

    @property
    def occupancy(self) -> Occupancy:
        """The map of the floor that the body is on; on stairs, of the one that it left."""
        return self.storeys.current.occupancy

    @property
    def frontiers(self) -> tuple[Frontier, ...]:
        """The frontiers of the floor that the body is on."""
        return self.storeys.current.frontiers

    @property
    def all_frontiers(self) -> tuple[Frontier, ...]:
        """The frontiers of all floors, by floor; those of other floors as they were left."""
        return tuple(f for floor in self.floors for f in floor.frontiers)

    @property
    def floors(self) -> tuple[Floor, ...]:
        """All floors that the body stood on, the lowest first."""
        return self.storeys.floors

    @property
    def stairs(self) -> tuple[Stairs, ...]:
        """The flights of stairs that are known."""
        return self.storeys.stairs

    def update(self, observation: Observation) -> SceneChange:
        """Takes one observation in; the cost does not depend on how many came before."""
        stride = self.config.stride or default_stride(observation.intrinsics.width)
        frame = make_frame(observation, stride)
        self.storeys.stand(frame)
        if not self.storeys.between:
            floor = self.storeys.current
            floor.occupancy.integrate(frame)
            self.storeys.look(frame)
            here = observation.T_world_body[:2, 3]
            floor.tracker.update(floor.occupancy, here, observation.tick)
        return self._take_in(frame, self._look(frame))

    def retire_frontier(self, frontier_id: str) -> None:
        """Gives up a frontier that cannot be reached."""
        for floor in self.floors:
            floor.tracker.retire(frontier_id)

    def required(self) -> BoolArray:
        """Tells for each row whether a snapshot must show the object."""
        return self.objects.live & (self.objects.views >= self.config.objects.min_views)

    def object_fact(self, row: int, on: str | None = None) -> ObjectFact:
        """Returns what is known of one object."""
        table = self.objects
        return ObjectFact(
            object_id=table.ids[row],
            category=table.category[row],
            colour=COLOUR_TERMS[int(table.colour[row].argmax())],
            position=table.position(row),
            box_min=_vector(table.low[row]),
            box_max=_vector(table.high[row]),
            state=table.state(row),
            confidence=round(table.confidence(row), 4),
            views=int(table.views[row]),
            first_tick=int(table.first[row]),
            last_tick=int(table.last[row]),
            on=on,
            votes={name: round(weight, 3) for name, weight in sorted(table.votes[row].items())},
        )

    def supports(self) -> dict[int, int]:
        """Returns for each believed object that stands on or in another the row of that other."""
        rows = np.flatnonzero(self.objects.confirmed())
        return supports(rows, self.objects.low, self.objects.high)

    def refresh_places(self) -> tuple[PlaceFact, ...]:
        """Finds the rooms anew and names them by what stands in them. Not for every frame."""
        self.places = tuple(
            place for floor in self.floors for place in floor.finder.find(floor.occupancy)
        )
        evidence: dict[str, dict[str, float]] = {place.id: {} for place in self.places}
        for row in np.flatnonzero(self.objects.confirmed()):
            place_id = self.place_of(int(row))
            if place_id is not None:
                name = self.objects.category[row]
                found = evidence[place_id]
                found[name] = found.get(name, 0.0) + self.objects.confidence(int(row))
        return _name_places(self.places, evidence)

    def place_of(self, row: int) -> str | None:
        """Returns the id of the place that an object stands in, as last found."""
        low, high = self.objects.low[row], self.objects.high[row]
        middle = 0.5 * (low + high)
        rim = [(low[0], middle[1]), (high[0], middle[1]), (middle[0], low[1]), (middle[0], high[1])]
        # A large thing's middle may be far from any floor; then its rim tells.
        floor = self.storeys.floor_at(float(low[2]))
        if floor is None:
            return None
        find = floor.finder.place_at
        found = [find(middle)] * 2 + [find(point) for point in rim]
        places = sorted(place for place in found if place is not None)
        return max(places, key=places.count, default=None)

    def place_at(self, point: ArrayLike) -> str | None:
        """Returns the id of the place that a world point lies in, as last found.

        Args:
            point: (3,) in the world, m; (2,) for one of the floor that the body is on.
        """
        x, y, *z = np.asarray(point, np.float64).tolist()
        floor = self.storeys.floor_at(z[0]) if z else self.storeys.current
        return None if floor is None else floor.finder.place_at((x, y))

    def floor_of(self, row: int) -> int:
        """Returns the index of the floor that an object stands on, or hangs over."""
        return self.storeys.index_at(float(self.objects.low[row, 2]))

    def _look(self, frame: Frame) -> Sightings:
        segmentation = self.segmenter.segment(frame)
        sightings = make_sightings(
            frame,
            segmentation,
            self.embedder,
            colour_votes(frame, segmentation),
            self.config.objects.voxel,
        )
        near = sightings.depth <= self.config.max_range
        return sightings if near.all() else sightings.select(np.flatnonzero(near))

    def _take_in(self, frame: Frame, sightings: Sightings) -> SceneChange:
        tick = frame.observation.tick
        matches = associate(sightings, self.objects, self.config.association)
        sightings = sightings.select(np.flatnonzero(~matches.ambiguous))
        rows = matches.rows[~matches.ambiguous]
        for index, row in enumerate(rows):
            if row < 0:
                rows[index] = self.objects.add(sightings, index, tick)
            else:
                self.objects.update(int(row), sightings, index, tick)
        self._keep_frame(frame, sightings, rows)
        gone, dropped = self._judge_absence(frame, rows)
        dropped += self._merge_duplicates(rows)
        moved = self._relocate(pair_moved(self.objects, self.config.changes), dropped)
        self.snapshots.update(self.required())
        return SceneChange(
            seen=tuple(int(row) for row in rows if self.objects.live[row]),
            gone=tuple(gone),
            moved=tuple(moved),
            dropped=tuple(dropped),
        )

    def _keep_frame(self, frame: Frame, sightings: Sightings, rows: Int64Array) -> None:
        if rows.size == 0:
            return
        quality = view_quality(frame, sightings, rows, self.objects)
        if not self.snapshots.wants(rows, quality):
            return
        observation = frame.observation
        kept = KeptFrame(
            tick=observation.tick,
            T_world_camera=observation.T_world_camera,
            jpeg=_encode_jpeg(observation, self.config.jpeg_quality),
            width=observation.intrinsics.width,
            height=observation.intrinsics.height,
            boxes={
                int(row): tuple(box)
                for row, box in zip(rows, sightings.boxes.tolist(), strict=True)
            },
        )
        self.snapshots.add(kept, rows, quality)

    def _judge_absence(self, frame: Frame, rows: Int64Array) -> tuple[list[int], list[int]]:
        """Holds objects missing that should show; one that was never confirmed is forgotten."""
        gone, dropped = [], []
        for row in look_for(frame, self.objects, rows, self.config.evidence):
            if self.objects.views[row] >= self.config.objects.min_views:
                self.objects.missing[row] = True
                gone.append(row)
            else:
                self._forget(row)
                dropped.append(row)
        return gone, dropped

    def _forget(self, row: int) -> None:
        self.objects.drop(row)
        self.snapshots.forget_row(row)

    def _merge_duplicates(self, rows: Int64Array) -> list[int]:
        """Merges objects that this frame touched with others that turned out to be the same."""
        table, dropped = self.objects, []
        others = np.flatnonzero(table.live & ~table.missing)
        for row in rows:
            low = np.maximum(table.low[others], table.low[row])
            high = np.minimum(table.high[others], table.high[row])
            for other in others[(low < high).all(axis=1)]:
                if other != row and table.live[other] and table.live[row]:
                    first, second = sorted((int(row), int(other)))
                    if self._same_thing(first, second):
                        table.absorb(second, first)
                        self.snapshots.merge_rows(second, first)
                        dropped.append(second)
        return dropped

    def _same_thing(self, first: int, second: int) -> bool:
        table = self.objects
        if table.category[first] != table.category[second]:
            return False
        if table.last[first] == table.last[second] or self.snapshots.seen_together(first, second):
            return False
        for small, large in ((first, second), (second, first)):
            box = (table.low[small], table.high[small], table.low[large], table.high[large])
            if contained(*box) >= self.config.association.min_contained:
                return True
        if table.level[first] != table.level[second]:
            return False
        few, many = sorted((table.coarse[first], table.coarse[second]), key=len)
        return bool(member(few, many).mean() >= self.config.duplicate_overlap)

    def settle_visit(self) -> SceneChange:
        """Draws what follows from a complete exploration: unseen things that came up elsewhere."""
        dropped: list[int] = []
        moved = self._relocate(pair_unseen(self.objects, self.config.changes), dropped)
        self.snapshots.update(self.required())
        return SceneChange(moved=tuple(moved), dropped=tuple(dropped))

    def _relocate(self, pairs: list[tuple[int, int]], dropped: list[int]) -> list[int]:
        """Lets each old object go on where it was found; the rows found are added to `dropped`."""
        for old, new in pairs:
            self.objects.relocate(old, new)
            self.snapshots.forget_row(old)
            self.snapshots.merge_rows(new, old)
            dropped.append(new)
        return [old for old, _ in pairs]


def _encode_jpeg(observation: Observation, quality: int) -> bytes:
    """Encodes the picture of a candidate, as fast as can be: most are never stored."""
    picture = cv2.cvtColor(observation.rgb, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()


def _name_places(
    places: tuple[Place, ...], evidence: dict[str, dict[str, float]]
) -> tuple[PlaceFact, ...]:
    kinds = {place.id: _category(place, evidence[place.id]) for place in places}
    facts = []
    for place in places:
        alike = [other.id for other in places if kinds[other.id] == kinds[place.id]]
        number = f" {alike.index(place.id) + 1}" if len(alike) > 1 else ""
        facts.append(
            PlaceFact(
                place_id=place.id,
                category=kinds[place.id],
                name=kinds[place.id] + number,
                centroid=place.centroid,
                area=place.area,
                neighbours=place.neighbours,
                floor=place.floor,
            )
        )
    return tuple(facts)


def _category(place: Place, evidence: dict[str, float]) -> str:
    return room_category(evidence)[0]


def _vector(values: np.ndarray[tuple[int], np.dtype[np.float32]]) -> Vector:
    x, y, z = (round(float(value), 4) + 0.0 for value in values)
    return (x, y, z)
