"""Where Open3D cannot be used, the error says what to install."""

import importlib
import sys

import pytest

from embodied_mem.errors import MissingExtraError
from embodied_mem.scene.registration.open3d_loader import load_open3d, open3d_missing


def test_a_missing_package_names_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "open3d", None)
    with pytest.raises(MissingExtraError, match=r"pip install \"embodied_mem\[open3d\]\".*libgl1"):
        load_open3d()
    assert "libusb-1.0-0" in str(open3d_missing())


def test_a_missing_system_library_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> None:
        raise OSError(f"libGL.so.1: cannot open shared object file, wanted by {name}")

    monkeypatch.setattr(importlib, "import_module", load)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    with pytest.raises(MissingExtraError, match=r"libGL\.so\.1.*apt-get install.*libegl1"):
        load_open3d()
