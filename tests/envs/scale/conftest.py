"""One cluster of two workers for all tests of this folder that a process of pytest runs."""

from pathlib import Path

import psutil
import pytest

from embodied_mem_envs.scale.cluster import joined

SUPPORT = Path(__file__).parents[2] / "support"


def processes_of_ray():
    """Returns the living processes that this one has started, and that are Ray's."""
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if "ray" in " ".join(process.cmdline()[:2]) and process.status() != psutil.STATUS_ZOMBIE
    ]


@pytest.fixture(scope="session")
def cluster():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(SUPPORT))
        with joined("local", cpus=2) as started:
            yield started
    assert processes_of_ray() == []
