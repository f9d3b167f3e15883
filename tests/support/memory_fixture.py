"""A small furnished flat, seen and remembered: the memory that the picture tests read.

Pictures are painted from the same boxes that the facts state, so that a pixel box in a
snapshot really frames its object.
"""

import cv2
import msgspec
import numpy as np

from embodied_mem.memory import Add, MemoryRecord, MemoryStore, RecordIds
from embodied_mem.memory.facts import (
    Fact,
    FrontierFact,
    MapFact,
    ObjectFact,
    PlaceFact,
    SnapshotFact,
    WalkFact,
)
from embodied_mem.memory.record import pose_of
from embodied_mem.types import Float64Array, Intrinsics, UInt8Array

CELL = 0.05
ROOMS = {
    "kitchen": (0.0, 0.0, 4.0, 3.5),
    "living room": (4.0, 0.0, 9.5, 5.0),
    "bedroom": (0.0, 3.5, 4.0, 8.0),
    "office": (4.0, 5.0, 9.5, 8.0),
}
DOORS = [(4.0, 2.0), (2.0, 3.5), (6.5, 5.0), (4.0, 6.5)]
# category, colour, room, x, y, z0, size x, size y, size z
THINGS: list[tuple[str, str, str, float, float, float, float, float, float]] = [
    ("refrigerator", "white", "kitchen", 0.45, 0.45, 0.0, 0.7, 0.7, 1.8),
    ("kitchen counter", "brown", "kitchen", 1.9, 0.4, 0.0, 2.0, 0.6, 0.9),
    ("sink", "grey", "kitchen", 2.5, 0.4, 0.82, 0.5, 0.4, 0.15),
    ("kettle", "red", "kitchen", 1.3, 0.4, 0.9, 0.2, 0.2, 0.25),
    ("toaster", "grey", "kitchen", 1.7, 0.4, 0.9, 0.3, 0.2, 0.2),
    ("mug", "blue", "kitchen", 2.05, 0.35, 0.9, 0.1, 0.1, 0.12),
    ("mug", "yellow", "kitchen", 2.2, 0.5, 0.9, 0.1, 0.1, 0.12),
    ("trash can", "black", "kitchen", 3.5, 0.4, 0.0, 0.35, 0.35, 0.6),
    ("stove", "black", "kitchen", 0.4, 2.6, 0.0, 0.6, 0.6, 0.9),
    ("pot", "grey", "kitchen", 0.4, 2.6, 0.9, 0.28, 0.28, 0.18),
    ("sofa", "green", "living room", 6.8, 0.6, 0.0, 2.2, 0.9, 0.8),
    ("cushion", "orange", "living room", 6.2, 0.6, 0.45, 0.4, 0.3, 0.35),
    ("cushion", "pink", "living room", 7.4, 0.6, 0.45, 0.4, 0.3, 0.35),
    ("coffee table", "brown", "living room", 6.8, 1.9, 0.0, 1.1, 0.6, 0.45),
    ("vase", "purple", "living room", 6.6, 1.9, 0.45, 0.15, 0.15, 0.3),
    ("book", "red", "living room", 7.1, 1.9, 0.45, 0.25, 0.18, 0.04),
    ("tv stand", "black", "living room", 6.8, 4.6, 0.0, 1.6, 0.4, 0.5),
    ("television", "black", "living room", 6.8, 4.6, 0.5, 1.2, 0.1, 0.7),
    ("floor lamp", "yellow", "living room", 9.1, 0.5, 0.0, 0.35, 0.35, 1.6),
    ("potted plant", "green", "living room", 9.1, 4.5, 0.0, 0.4, 0.4, 1.0),
    ("armchair", "beige", "living room", 8.7, 2.4, 0.0, 0.8, 0.8, 0.9),
    ("bookshelf", "brown", "living room", 4.3, 4.2, 0.0, 0.35, 1.0, 1.9),
    ("bed", "blue", "bedroom", 1.2, 7.0, 0.0, 1.6, 1.9, 0.55),
    ("pillow", "white", "bedroom", 0.9, 7.6, 0.55, 0.6, 0.4, 0.15),
    ("pillow", "white", "bedroom", 1.6, 7.6, 0.55, 0.6, 0.4, 0.15),
    ("teddy bear", "brown", "bedroom", 1.2, 6.6, 0.55, 0.25, 0.25, 0.35),
    ("nightstand", "brown", "bedroom", 2.4, 7.7, 0.0, 0.45, 0.45, 0.5),
    ("alarm clock", "red", "bedroom", 2.4, 7.7, 0.5, 0.15, 0.12, 0.12),
    ("wardrobe", "beige", "bedroom", 0.4, 4.4, 0.0, 0.6, 1.4, 2.0),
    ("desk", "brown", "office", 8.6, 7.5, 0.0, 1.4, 0.7, 0.75),
    ("monitor", "black", "office", 8.6, 7.7, 0.75, 0.6, 0.15, 0.4),
    ("keyboard", "black", "office", 8.6, 7.35, 0.75, 0.45, 0.15, 0.03),
    ("desk lamp", "orange", "office", 9.1, 7.6, 0.75, 0.2, 0.2, 0.45),
    ("office chair", "blue", "office", 8.4, 6.7, 0.0, 0.55, 0.55, 1.0),
    ("filing cabinet", "grey", "office", 5.2, 7.7, 0.0, 0.5, 0.5, 1.2),
    ("backpack", "red", "office", 6.2, 7.6, 0.0, 0.35, 0.3, 0.45),
]
# x, y, yaw of the views that were kept
VIEWS = [
    (2.0, 2.9, -1.7),
    (3.0, 2.0, 3.0),
    (5.2, 2.6, -0.7),
    (7.0, 2.9, 1.57),
    (8.2, 3.2, -0.9),
    (5.6, 3.6, 2.6),
    (2.6, 4.6, 2.0),
    (3.2, 5.5, 3.0),
    (6.6, 6.2, 0.55),
    (7.4, 5.8, 2.4),
]
_RGB = {
    "red": (200, 45, 40),
    "orange": (235, 130, 40),
    "yellow": (235, 205, 60),
    "green": (70, 140, 80),
    "blue": (60, 100, 180),
    "purple": (125, 75, 160),
    "pink": (230, 140, 170),
    "brown": (125, 85, 55),
    "black": (45, 45, 50),
    "white": (235, 235, 232),
    "grey": (140, 142, 146),
    "beige": (215, 195, 160),
}


def sample_objects() -> list[ObjectFact]:
    """Returns the flat's objects as facts, with stable ids."""
    facts = []
    for index, (category, colour, _, x, y, z, sx, sy, sz) in enumerate(THINGS):
        facts.append(
            ObjectFact(
                object_id=f"obj-{index:03d}",
                category=category,
                colour=colour,
                position=(x, y, round(z + sz / 2, 3)),
                box_min=(round(x - sx / 2, 3), round(y - sy / 2, 3), z),
                box_max=(round(x + sx / 2, 3), round(y + sy / 2, 3), round(z + sz, 3)),
                state="missing" if category == "backpack" else "present",
                confidence=round(0.6 + 0.01 * index, 3),
                views=3 + index % 11,
                first_tick=index * 4,
                last_tick=index * 4 + 40,
            )
        )
    return facts


def camera_pose(x: float, y: float, yaw: float, tilt: float = -0.26) -> Float64Array:
    """Returns T_world_camera (OpenCV axes) of a level camera 1.25 m above (x, y)."""
    forward = np.array([np.cos(yaw) * np.cos(tilt), np.sin(yaw) * np.cos(tilt), np.sin(tilt)])
    right = np.array([np.sin(yaw), -np.cos(yaw), 0.0])
    pose = np.eye(4)
    pose[:3, :3] = np.column_stack([right, np.cross(forward, right), forward])
    pose[:3, 3] = (x, y, 1.25)
    return pose


def _corners(low: tuple[float, ...], high: tuple[float, ...]) -> Float64Array:
    return np.array(
        [[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])]
    )


def _paint_room(picture: UInt8Array, pose: Float64Array, camera: Intrinsics) -> None:
    # Floor colour below the horizon, wall colour above: enough to look like a room.
    rows = np.arange(camera.height)
    pitch = np.arcsin(pose[2, 2])
    horizon = camera.cy + camera.fy * np.tan(pitch)
    floor = np.clip((rows - horizon) / camera.height, 0, 1)[:, None, None]
    wall = np.array([206, 200, 190]) - 40 * np.abs(rows - horizon)[:, None, None] / camera.height
    colour = np.where(
        rows[:, None, None] > horizon + 60, np.array([120, 95, 72]) + 70 * floor, wall
    )
    picture[:] = np.broadcast_to(colour, picture.shape)


def paint_view(
    objects: list[ObjectFact], room: tuple[float, ...], pose: Float64Array, camera: Intrinsics
) -> tuple[UInt8Array, dict[str, tuple[int, int, int, int]]]:
    """Paints the objects of a room far to near; returns the picture and the pixel boxes."""
    picture = np.zeros((camera.height, camera.width, 3), np.uint8)
    _paint_room(picture, pose, camera)
    inverse = np.linalg.inv(pose)
    boxes: dict[str, tuple[int, int, int, int]] = {}

    def distance(fact: ObjectFact) -> float:
        return float(np.linalg.norm(np.subtract(fact.position, pose[:3, 3])))

    for fact in sorted(objects, key=lambda f: (-round(distance(f) - f.box_min[2], 3), f.object_id)):
        if not (room[0] <= fact.position[0] <= room[2] and room[1] <= fact.position[1] <= room[3]):
            continue
        points = _corners(fact.box_min, fact.box_max) @ inverse[:3, :3].T + inverse[:3, 3]
        if points[:, 2].min() < 0.2:
            continue
        pixels = points[:, :2] / points[:, 2:] * (camera.fx, camera.fy) + (camera.cx, camera.cy)
        low = np.clip(pixels.min(axis=0), 0, (camera.width, camera.height)).astype(int)
        high = np.clip(pixels.max(axis=0), 0, (camera.width, camera.height)).astype(int)
        if (high - low).min() < 8:
            continue
        base = np.array(_RGB[fact.colour], float)
        hull = cv2.convexHull(pixels.astype(np.int32))
        cv2.fillConvexPoly(picture, hull, (base * 0.8).tolist(), cv2.LINE_AA)
        top = cv2.convexHull(pixels[[1, 3, 5, 7]].astype(np.int32))
        cv2.fillConvexPoly(picture, top, np.minimum(base * 1.15, 255).tolist(), cv2.LINE_AA)
        boxes[fact.object_id] = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    return picture, boxes


def occupancy_grid() -> UInt8Array:
    """Returns the flat's grid (row 0 at the smallest y): 0 unknown, 1 free, 2 occupied."""
    grid = np.zeros((int(9 / CELL), int(10.5 / CELL)), np.uint8)

    def cells(x0: float, y0: float, x1: float, y1: float) -> tuple[slice, slice]:
        low = [round((v + 0.5) / CELL) for v in (y0, x0)]
        high = [round((v + 0.5) / CELL) for v in (y1, x1)]
        return slice(low[0], high[0]), slice(low[1], high[1])

    for x0, y0, x1, y1 in ROOMS.values():
        grid[cells(x0 - 0.05, y0 - 0.05, x1 + 0.05, y1 + 0.05)] = 2
    for x0, y0, x1, y1 in ROOMS.values():
        grid[cells(x0 + 0.05, y0 + 0.05, x1 - 0.05, y1 - 0.05)] = 1
    for x, y in DOORS:
        grid[cells(x - 0.4, y - 0.4, x + 0.4, y + 0.4)] = 1
    for _, _, _, x, y, z, sx, sy, _ in THINGS:
        if z < 0.3:
            grid[cells(x - sx / 2, y - sy / 2, x + sx / 2, y + sy / 2)] = 2
    rng = np.random.default_rng(3)
    corner = cells(8.2, 6.4, 9.5, 5.0)
    corner = cells(4.1, 5.1, 5.6, 6.0)
    grid[corner][rng.random(grid[corner].shape) < 0.97] = 0
    return grid


def _encode(picture: UInt8Array, extension: str) -> bytes:
    return cv2.imencode(extension, picture)[1].tobytes()


def build_memory(*, width: int = 320, height: int = 240) -> MemoryStore:
    """Builds the memory of one walk through the flat."""
    store = MemoryStore(session="sample", seed=5)
    ids = RecordIds(5)
    objects = sample_objects()
    place_of = {thing: f"place-{i}" for i, thing in enumerate(ROOMS)}
    records: list[MemoryRecord] = []

    def add(fact: Fact, kind: str, tick: int, **fields: object) -> None:
        content = msgspec.to_builtins(fact)
        record = {"id": ids.new(tick), "kind": kind, "content": content, "valid_from": tick}
        records.append(MemoryRecord(**record, recorded_at=tick, **fields))  # type: ignore[arg-type]

    for name, (x0, y0, x1, y1) in ROOMS.items():
        add(
            PlaceFact(
                place_id=place_of[name],
                category=name,
                name=name,
                centroid=((x0 + x1) / 2, (y0 + y1) / 2),
                area=round((x1 - x0) * (y1 - y0) * 0.85, 2),
                neighbours=tuple(p for p in place_of.values() if p != place_of[name])[:2],
            ),
            "summary",
            190,
            about=(place_of[name],),
        )
    for fact, thing in zip(objects, THINGS, strict=True):
        add(fact, "fact", fact.first_tick, about=(fact.object_id,), place=place_of[thing[2]])
    add(
        MapFact(origin=(-0.5, -0.5), cell=CELL),
        "summary",
        190,
        payload=(_encode(occupancy_grid(), ".png"),),
    )
    camera = Intrinsics.from_hfov(width, height, np.pi / 2)
    claimed: set[str] = set()
    for index, (x, y, yaw) in enumerate(VIEWS):
        name = next(n for n, (x0, y0, x1, y1) in ROOMS.items() if x0 <= x <= x1 and y0 <= y <= y1)
        pose = camera_pose(x, y, yaw)
        picture, boxes = paint_view(objects, ROOMS[name], pose, camera)
        cluster = tuple(sorted(set(boxes) - claimed))
        claimed |= set(cluster)
        tick = 12 + 17 * index
        add(
            SnapshotFact(tick=tick, cluster=cluster, boxes=boxes, width=width, height=height),
            "snapshot",
            tick,
            about=cluster,
            place=place_of[name],
            pose=pose_of(pose),
            payload=(_encode(np.ascontiguousarray(picture[..., ::-1]), ".jpg"),),
        )
    add(
        FrontierFact(
            frontier_id="front-0", centroid=(5.2, 6.05), direction=(-0.6, -0.8), length=1.4
        ),
        "frontier",
        180,
    )
    add(
        FrontierFact(frontier_id="front-1", centroid=(9.4, 3.3), direction=(1.0, 0.0), length=0.7),
        "frontier",
        180,
    )
    path = np.concatenate(
        [
            np.linspace(a, b, 12)
            for a, b in [
                ((1.0, 1.6), (2.0, 2.9)),
                ((2.0, 2.9), (3.0, 2.0)),
                ((3.0, 2.0), (5.2, 2.6)),
                ((5.2, 2.6), (7.0, 2.9)),
                ((7.0, 2.9), (8.2, 3.2)),
                ((8.2, 3.2), (6.5, 4.2)),
                ((6.5, 4.2), (6.6, 6.2)),
                ((6.6, 6.2), (3.2, 6.4)),
                ((3.2, 6.4), (2.6, 4.6)),
            ]
        ]
    )
    add(
        WalkFact(
            path=tuple((round(float(px), 3), round(float(py), 3)) for px, py in path),
            length=17.4,
            frames=190,
            first_tick=0,
            last_tick=189,
        ),
        "event",
        189,
    )
    store.apply([Add(record=record) for record in records])
    return store
