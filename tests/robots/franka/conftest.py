"""A simulated controller that speaks FCI, and a client that drives an arm through the gate."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from franka_env import PATIENT, FrankaClient, FrankaServer, skip_reason


@pytest.fixture
def franka_server(tmp_path: Path) -> Iterator[FrankaServer]:
    """A fresh controller; the test is skipped where franky is not installed."""
    reason = skip_reason()
    if reason:
        pytest.skip(reason)
    with FrankaServer(tmp_path) as server:
        yield server


@pytest.fixture
def franka_client(franka_server: FrankaServer) -> Iterator[FrankaClient]:
    """A client of it in a process of its own, patient with a busy machine."""
    with FrankaClient(arm=PATIENT) as client:
        yield client
