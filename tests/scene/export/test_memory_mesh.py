"""What a memory holds, as triangles that another program reads: where it is, how it is coloured."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from embodied_mem.brain.build import build_hippocampus
from embodied_mem.errors import ConfigError, StoreError
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.facts import MapFact, ObjectFact
from embodied_mem.memory.record import Add, MemoryRecord
from embodied_mem.scene.export import category_colour, export_mesh, write_cloud
from embodied_mem.scene.registration.keeping import GeometryMemory
from embodied_mem_envs.bench.long.registration_walks import sights
from embodied_mem_envs.bench.tour import tour
from embodied_mem_envs.house import CameraConfig, House, HouseConfig, generate_house

trimesh = pytest.importorskip("trimesh", reason='pip install "embodied_mem[export]"')


def chair(name: str, x: float, observer: str = "agent") -> MemoryRecord:
    fact = ObjectFact(
        object_id=name,
        category="chair",
        colour="red",
        position=(x, 1.0, 0.45),
        box_min=(x - 0.2, 0.8, 0.0),
        box_max=(x + 0.2, 1.2, 0.9),
        state="present",
        confidence=1.0,
        views=4,
        first_tick=0,
        last_tick=3,
    )
    content = msgspec.to_builtins(fact)
    return MemoryRecord(
        id=f"{int(10 * x):032x}", kind="fact", content=content, about=(name,), observer=observer
    )


def small_map() -> MemoryRecord:
    states = np.zeros((20, 30), np.uint8)
    states[2:18, 2:28] = 2
    states[3:17, 3:27] = 1
    fact = MapFact(origin=(-1.0, 0.0), cell=0.1)
    _, png = cv2.imencode(".png", states)
    return MemoryRecord(
        id="f" * 32, kind="summary", content=msgspec.to_builtins(fact), payload=(png.tobytes(),)
    )


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    made.apply([Add(record=small_map()), Add(record=chair("chair-1", 0.5))])
    return made


@pytest.mark.parametrize("ending", ["ply", "obj", "glb"])
def test_a_map_becomes_walls_and_boxes_that_trimesh_reads(
    store: MemoryStore, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"memory.{ending}"
    report = export_mesh(store, path)
    mesh = trimesh.load(path, force="mesh", process=False)
    assert (report.source, report.objects) == ("map", 1)
    assert len(mesh.faces) == report.faces > 100
    bounds = mesh.bounds
    if ending == "glb":  # y is up there
        bounds = np.array([[b[0], -b[2], b[1]] for b in bounds])
        bounds = np.array([bounds.min(axis=0), bounds.max(axis=0)])
    np.testing.assert_allclose(bounds, [[-0.8, 0.2, 0.0], [1.8, 1.8, 2.4]], atol=1e-3)
    colours = {tuple(colour) for colour in np.asarray(mesh.visual.vertex_colors)[:, :3].tolist()}
    assert category_colour("chair") in colours
    assert report.legend == {"chair": category_colour("chair")}


def test_walls_face_outwards_and_objects_stand_apart_from_them(
    store: MemoryStore, tmp_path: Path
) -> None:
    export_mesh(store, tmp_path / "a.ply")
    mesh = trimesh.load(tmp_path / "a.ply", process=False)
    colours = np.asarray(mesh.visual.vertex_colors)[mesh.faces[:, 0], :3]
    own = (colours == category_colour("chair")).all(axis=1)
    part = trimesh.Trimesh(mesh.vertices, mesh.faces[own], process=True)
    part.merge_vertices()
    assert part.is_watertight
    assert part.volume == pytest.approx(0.4 * 0.4 * 0.9, rel=1e-4)


def test_a_viewer_is_shown_what_may_be_known(store: MemoryStore, tmp_path: Path) -> None:
    store.apply([Add(record=chair("chair-2", 1.2, observer="ana"))])
    assert export_mesh(store, tmp_path / "a.ply").objects == 2
    assert export_mesh(store, tmp_path / "b.ply", viewer="ana").objects == 1


def test_what_cannot_be_written_is_told(store: MemoryStore, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.stl"):
        export_mesh(store, tmp_path / "a.stl")
    with pytest.raises(StoreError, match="neither"):
        export_mesh(MemoryStore(), tmp_path / "a.ply")
    with pytest.raises(StoreError, match="neither"):
        write_cloud(MemoryStore(), tmp_path / "a.ply")
    with pytest.raises(ConfigError, match="ply"):
        write_cloud(store, tmp_path / "a.obj")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def visited() -> Iterator[tuple[House, MemoryStore]]:
    house = generate_house(6, HouseConfig(rooms=3))
    hippocampus = build_hippocampus(seed=6)
    memory = GeometryMemory(hippocampus)
    walk = islice(tour(house, 6), 0, 120, 3)
    for sight in sights(house, walk, seed=6, camera=CameraConfig(width=160, height=120)):
        memory.observe(sight.observation)
    memory.consolidate()
    yield house, hippocampus.store


def test_a_house_is_where_it_is(visited: tuple[House, MemoryStore], tmp_path: Path) -> None:
    house, store = visited
    report = export_mesh(store, tmp_path / "house.ply")
    assert report.source == "surfaces"
    mesh = trimesh.load(tmp_path / "house.ply", process=False)
    low = np.min([room.min for room in house.rooms], axis=0)
    high = np.max([room.max for room in house.rooms], axis=0)
    colours = np.asarray(mesh.visual.vertex_colors)[:, :3].tolist()
    objects = set(report.legend.values())
    seen = mesh.vertices[[tuple(colour) not in objects for colour in colours]]
    # Within a voxel of 0.12 m, but for the few that noisy depth puts astray.
    first, last = np.quantile(seen, [0.002, 0.998], axis=0)
    assert (np.abs(first[:2] - low) < 0.12).all()
    assert (np.abs(last[:2] - high) < 0.12).all()
    assert abs(first[2]) < 0.12
    # The coarsest voxels of objects are of 0.2 m.
    assert (mesh.bounds[0, :2] > low - 0.25).all()
    assert (mesh.bounds[1, :2] < high + 0.25).all()
    assert report.objects > 10
    assert objects <= {tuple(colour) for colour in colours}


def test_a_cloud_of_a_house_lies_on_its_surfaces(
    visited: tuple[House, MemoryStore], tmp_path: Path
) -> None:
    _, store = visited
    report = write_cloud(store, tmp_path / "cloud.ply")
    cloud = trimesh.load(tmp_path / "cloud.ply")
    assert report.faces == 0
    assert len(cloud.vertices) == report.vertices > 5_000
    np.testing.assert_allclose(cloud.bounds, [report.low, report.high], atol=1e-4)
    assert np.asarray(cloud.colors)[:, :3].std(axis=0).min() > 5.0
