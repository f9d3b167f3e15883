"""The simulated disk loses what was not synced alone; a store that syncs too little is caught."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem_envs.bench.store.power_cut import cut_power
from embodied_mem_envs.bench.store.power_medium import SimulatedFile, SimulatedFolder
from embodied_mem_envs.bench.store.simulated_disk import SECTOR, SimulatedDisk


def ignore(line: str) -> None: ...


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_was_synced_stays_and_the_rest_is_as_some_write_left_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    disk = SimulatedDisk()
    file = disk.create("", "a")
    disk.sync_folder("")
    states = [b""]
    safe = 0
    for _ in range(int(rng.integers(1, 9))):
        what = rng.random()
        if what < 0.7:
            disk.write(file, int(rng.integers(0, 3000)), rng.bytes(int(rng.integers(1, 1500))))
        elif what < 0.8:
            disk.truncate(file, int(rng.integers(0, 3000)))
        else:
            disk.sync(file)
            safe = len(states) - 1
        states.append(disk.read(file, 0, 10_000))
    left = disk.cut(len(disk.log), rng)[""]["a"]
    possible = states[safe:]
    assert len(left) in {len(state) for state in possible}
    for start in range(0, len(left), SECTOR):
        part = left[start : start + SECTOR]
        sectors = [state[start : start + SECTOR].ljust(SECTOR, b"\0") for state in possible]
        assert part in {sector[: len(part)] for sector in sectors}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_names_that_were_synced_stay(seed: int) -> None:
    rng = np.random.default_rng(seed)
    disk = SimulatedDisk({"archive": {"old": b"1"}})
    for name in ("a", "b"):
        disk.sync(disk.create("archive", name))
    disk.remove("archive", "old")
    disk.sync_folder("archive")
    disk.remove("archive", "a")
    disk.create("archive", "c")
    left = disk.cut(len(disk.log), rng)["archive"]
    assert "b" in left and "old" not in left
    assert set(left) <= {"a", "b", "c"}


def test_nothing_acknowledged_is_lost_and_what_is_left_is_clean() -> None:
    problems: list[str] = []
    outcomes = cut_power(41, 8, problems.append)
    assert problems == []
    assert sum(outcome.lost + outcome.unclean for outcome in outcomes) == 0


@pytest.mark.parametrize("careless", [SimulatedFile, SimulatedFolder])
def test_a_store_whose_syncs_do_nothing_is_caught(
    careless: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(careless, "sync", lambda self: None)
    assert sum(outcome.lost for outcome in cut_power(41, 6, ignore)) > 0
