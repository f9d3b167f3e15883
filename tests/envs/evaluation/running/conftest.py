"""Puts the small suite where worker processes find it too."""

from pathlib import Path

import pytest

SUPPORT = Path(__file__).parents[3] / "support"


@pytest.fixture(autouse=True)
def _suite_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SUPPORT))
