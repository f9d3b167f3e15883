"""A second visit of a house is found from an unknown start; other places are refused."""

from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.brain.build import build_hippocampus
from embodied_mem.errors import ConfigError
from embodied_mem.memory import MemoryStore
from embodied_mem.scene.registration.clouds import empty, joined
from embodied_mem.scene.registration.keeping import GeometryConfig, GeometryMemory
from embodied_mem.scene.registration.map_cloud import MapCloud
from embodied_mem.scene.registration.map_record import map_records, read_map
from embodied_mem.scene.registration.open3d_loader import open3d_missing
from embodied_mem.scene.registration.relocaliser import (
    GivenUp,
    Located,
    Relocaliser,
    RelocaliserConfig,
    Unsure,
)
from embodied_mem.scene.registration.search import SearchConfig
from embodied_mem_envs.bench.long.registration import mirrored
from embodied_mem_envs.bench.long.registration_walks import (
    Sight,
    error_of,
    later_visit,
    random_origin,
    sights,
    somewhere,
)
from embodied_mem_envs.bench.tour import tour
from embodied_mem_envs.house import CameraConfig, HouseConfig, generate_house

MISSING = open3d_missing()
needs_open3d = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
SMALL = CameraConfig(width=160, height=120)
CONFIG = RelocaliserConfig(patience=9, search=SearchConfig(places=3))
ONCE = replace(CONFIG, first=9)


@dataclass(frozen=True, kw_only=True)
class Visits:
    store: Path
    known: MapCloud
    later: list[Sight]


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Visits:
    house = generate_house(6, HouseConfig(rooms=3))
    path = tmp_path_factory.mktemp("registration") / "house.mem"
    hippocampus = build_hippocampus(path=path, seed=6)
    memory = GeometryMemory(hippocampus)
    for sight in sights(house, islice(tour(house, 6, rounds=1), 0, None, 2), seed=6, camera=SMALL):
        memory.observe(sight.observation)
    memory.consolidate()
    hippocampus.store.close()
    with MemoryStore.read(path) as store:
        kept = read_map(store)
        assert store.verify().ok
        assert 4_000 < map_records(store)[0].nbytes == memory.kept_bytes < 64 << 10
    assert kept is not None
    rng = np.random.default_rng(1)
    start = somewhere(house, rng)
    assert start is not None
    walk = later_visit(house, 9, start)
    origin = random_origin(rng)
    later = sights(house, walk, seed=8, drift=True, odometry=origin, camera=SMALL)
    return Visits(store=path, known=kept[0], later=list(islice(later, 12)))


@needs_open3d
def test_a_later_visit_is_found_from_anywhere(visits: Visits) -> None:
    relocaliser = Relocaliser(visits.known, CONFIG)
    early = relocaliser.observe(visits.later[0].observation)
    assert isinstance(early, Unsure)
    said = relocaliser.locate([sight.observation for sight in visits.later[1:]])
    assert isinstance(said, Located), said.reasons
    away, turn = error_of(said.T_map_odometry, visits.later[said.frames - 1])
    assert away < 0.05
    assert turn < np.radians(2.0)
    assert np.sqrt(said.covariance[3, 3]) < 0.02
    assert "ruled out" in said.reasons[-1]
    # What was found stays, and what follows is told in the remembered frame.
    assert relocaliser.observe(visits.later[-1].observation) is said
    put = visits.later[-1].observation.told_in(said.T_map_odometry).T_world_body
    np.testing.assert_allclose(put[:3, 3], visits.later[-1].true_pose[:3, 3], atol=0.05)


@needs_open3d
def test_a_house_in_a_mirror_is_refused(visits: Visits) -> None:
    observations = [sight.observation for sight in visits.later]
    said = Relocaliser(mirrored(visits.known), ONCE).locate(observations)
    assert isinstance(said, GivenUp)
    assert said.frames == CONFIG.patience
    assert any("remembered" in reason for reason in said.reasons)


@needs_open3d
def test_two_rooms_alike_are_not_told_apart_by_luck(visits: Visits) -> None:
    cloud = visits.known.cloud
    far = np.array([30.0, 0.0, 0.0], np.float32)
    twice = replace(cloud, points=cloud.points + far)
    both = replace(visits.known, cloud=joined((cloud, twice)), floors=())
    observations = [sight.observation for sight in visits.later]
    said = Relocaliser(both, ONCE).locate(observations)
    assert isinstance(said, GivenUp)
    assert any("looks alike" in reason for reason in said.reasons)


def test_nothing_remembered_is_no_place_to_be(visits: Visits) -> None:
    said = Relocaliser(MapCloud(cloud=empty(), voxel=0.1), CONFIG).locate(
        [sight.observation for sight in visits.later]
    )
    assert isinstance(said, GivenUp)
    assert said.reasons == ("nothing is remembered",)


def test_geometry_keeps_to_its_budget_and_is_gone_on_with(visits: Visits, tmp_path: Path) -> None:
    hippocampus = build_hippocampus(path=tmp_path / "b.mem", resume=visits.store, seed=7)
    with hippocampus.store:
        tight = GeometryMemory(hippocampus, GeometryConfig(max_bytes=12_000))
        for sight in visits.later[:2]:
            tight.observe(sight.observation)
        tight.consolidate()
        (kept,) = map_records(hippocampus.store)
        assert 0 < kept.nbytes == tight.kept_bytes <= 12_000
        assert kept.content["voxel"] > visits.known.voxel
        assert kept.content["upright"] > 100
        none = GeometryMemory(hippocampus, GeometryConfig(max_bytes=10))
        none.observe(visits.later[2].observation)
        none.consolidate()
        assert none.kept_bytes == 0


def test_settings_out_of_range_are_told() -> None:
    with pytest.raises(ConfigError, match="patience"):
        RelocaliserConfig(first=9, patience=3)
    with pytest.raises(ConfigError, match="ordered"):
        GeometryConfig(fine=0.3, voxel=0.1)
