"""Houses with two floors, made once for all tests of them."""

import pytest

from embodied_mem_envs.house import House, HouseConfig, generate_house


@pytest.fixture(scope="session")
def storeyed_houses() -> list[House]:
    """Twenty-one houses with two floors: the first whose stairs go all four ways."""
    return [generate_house(seed, HouseConfig(floors=2)) for seed in range(21)]
