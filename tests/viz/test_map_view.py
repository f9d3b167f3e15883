from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from embodied_mem.errors import MemoryFileError
from embodied_mem.memory import MemoryStore, Update
from embodied_mem.memory.facts import MapFact, ObjectFact, PlaceFact, WalkFact, active
from embodied_mem.memory.store import MemoryStore as Store
from embodied_mem.viz.canvas import Canvas
from embodied_mem.viz.map_frame import MapFrame, frame_around
from embodied_mem.viz.map_labels import MapLabels
from embodied_mem.viz.map_layers import OCCUPIED, UNKNOWN, blend
from embodied_mem.viz.map_view import draw_map, render_map, stretches
from embodied_mem.viz.palette import colour_of, tint
from embodied_mem.viz.reading import (
    FloorMap,
    MemoryView,
    ObjectEntry,
    read_view,
)
from memory_fixture import ROOMS


@pytest.fixture(scope="module")
def view(sample_memory: MemoryStore) -> MemoryView:
    return read_view(sample_memory)


def frame_of(view: MemoryView) -> MapFrame:
    return frame_around(view.maps[0], view.objects, np.array(view.walks[0].path))


def near(picture: np.ndarray, pixel: np.ndarray, colour: tuple[int, int, int]) -> bool:
    x, y = (round(float(v)) for v in pixel)
    patch = picture[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).astype(int)
    return bool(np.abs(patch - colour).max(axis=1).min() < 30)


def test_the_map_shows_walls_the_unknown_and_objects_where_they_are(view: MemoryView) -> None:
    picture, frame = render_map(view), frame_of(view)
    assert near(picture, frame.pixels((4.0, 3.0)), OCCUPIED)
    assert near(picture, frame.pixels((-0.4, -0.4)), UNKNOWN)
    for category, colour in (("sofa", "green"), ("bed", "blue"), ("potted plant", "green")):
        entry = next(e for e in view.objects if e.fact.category == category)
        corner = np.array(entry.fact.box_min[:2]) + 0.12
        assert near(picture, frame.pixels(corner), colour_of(colour)), category


def test_each_room_has_its_own_tint_up_to_the_doors(view: MemoryView) -> None:
    picture, frame = render_map(view), frame_of(view)
    spots = {"kitchen": (3.0, 1.2), "living room": (5.0, 1.0), "bedroom": (3.2, 7.0)}
    for index, name in enumerate(ROOMS):
        if name in spots:
            assert near(picture, frame.pixels(spots[name]), tint(index)), name


def test_the_same_memory_gives_the_same_file(sample_memory: MemoryStore, tmp_path: Path) -> None:
    draw_map(sample_memory, tmp_path / "a.png")
    draw_map(sample_memory, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_memory_without_map_or_anything_is_drawn(tmp_path: Path) -> None:
    draw_map(MemoryStore(), tmp_path / "map.png")
    assert cv2.imread(str(tmp_path / "map.png")) is not None


def test_each_floor_has_a_panel(view: MemoryView) -> None:
    above = FloorMap(
        fact=msgspec.structs.replace(view.maps[0].fact, floor=1), grid=view.maps[0].grid
    )
    two = MemoryView(objects=view.objects, places=view.places, maps=[view.maps[0], above])
    one = MemoryView(objects=view.objects, places=view.places, maps=[view.maps[0]])
    assert render_map(two).shape[0] > 1.5 * render_map(one).shape[0]


def test_a_map_that_is_no_picture_is_named(sample_memory: MemoryStore, tmp_path: Path) -> None:
    sample_memory.export(tmp_path / "m.mem")
    store = Store.read(tmp_path / "m.mem")
    record, _ = next(active(store, MapFact))
    store.apply([Update(id=record.id, tick=0, changes={"payload": (b"x",)})])
    with pytest.raises(MemoryFileError, match=f"the map {record.id} holds 1 bytes"):
        draw_map(store, tmp_path / "map.png")


def test_objects_without_room_for_a_name_get_a_number_each() -> None:
    heap = [
        ObjectEntry(
            fact=ObjectFact(
                object_id=f"o{i:02d}",
                category="detergent bottle",
                colour="red",
                position=(1.0 + 0.12 * (i % 12), 1.0 + 0.12 * (i // 12), 0.1),
                box_min=(0.96 + 0.12 * (i % 12), 0.96 + 0.12 * (i // 12), 0.0),
                box_max=(1.04 + 0.12 * (i % 12), 1.04 + 0.12 * (i // 12), 0.2),
                state="present",
                confidence=1.0,
                views=3,
                first_tick=0,
                last_tick=1,
            ),
            room=None,
            place=None,
        )
        for i in range(72)
    ]
    frame = frame_around(None, heap, np.empty((0, 2)))
    canvas = Canvas(np.full((frame.height, frame.width, 3), 255, np.uint8))
    numbered = MapLabels(canvas, frame).name_objects(heap)
    assert 0 < len(numbered) < len(heap)
    assert [number for number, _ in numbered] == list(range(1, len(numbered) + 1))
    assert render_map(MemoryView(objects=heap)).shape[1] > frame.width


def test_pixels_and_raster_agree(view: MemoryView) -> None:
    floor, frame = view.maps[0], frame_of(view)
    raster = frame.raster(floor, floor.grid, 0)
    for row, column in ((40, 90), (100, 100), (60, 30)):
        centre = np.add(floor.fact.origin, (np.array([column, row]) + 0.5) * floor.fact.cell)
        x, y = np.floor(frame.pixels(centre)).astype(int)
        assert raster[y, x] == floor.grid[row, column]


def test_a_place_on_no_known_floor_is_shown_on_the_lowest(view: MemoryView) -> None:
    assert view.floor_of(None) == 0
    upstairs = PlaceFact(
        place_id="p9", category="bedroom", name="bedroom", centroid=(0, 0), area=1, floor=2
    )
    assert MemoryView(places=[upstairs]).floor_of("p9") == 2


def test_blend_runs_from_one_colour_to_the_other() -> None:
    assert blend((0, 0, 0), (255, 100, 0), 0) == (0, 0, 0)
    assert blend((0, 0, 0), (255, 100, 0), 1) == (255, 100, 0)


def test_a_walk_is_cut_at_the_stairs_into_stretches_of_each_floor() -> None:
    walk = WalkFact(
        path=((0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0)),
        length=3.0,
        frames=4,
        first_tick=0,
        last_tick=3,
        floors=(0, 1, 1, 0),
    )
    assert stretches(walk, 0) == [[(0.0, 0.0)], [(3.0, 0.0)]]
    assert stretches(walk, 1) == [[(1.0, 0.0), (2.0, 0.0)]]
    plain = WalkFact(path=((0.0, 0.0),), length=0.0, frames=1, first_tick=0, last_tick=0)
    assert stretches(plain, 0) == [[(0.0, 0.0)]] and stretches(plain, 1) == []


def test_things_in_no_room_are_drawn_on_the_floor_below_them() -> None:
    grid = np.ones((4, 4), np.uint8)
    maps = [
        FloorMap(fact=MapFact(origin=(0.0, 0.0), cell=0.1, floor=k), grid=grid, height=2.8 * k)
        for k in (0, 1)
    ]
    view = MemoryView(maps=maps)
    assert [view.floor_at(None, z) for z in (0.0, 2.4, 2.6, 4.0)] == [0, 0, 1, 1]
