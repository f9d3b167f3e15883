"""One wheel holds both packages and the assets, and finds them when installed."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from embodied_mem.assets import asset_path

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--disable-pip-version-check", "-w", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=200)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_both_packages_and_the_assets(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"embodied_mem/py.typed", "embodied_mem_envs/py.typed"} <= names
    assert "embodied_mem/viz/page.css" in names
    for asset in (ROOT / "assets").glob("*.json"):
        assert f"embodied_mem/_assets/{asset.name}" in names
    assert not any(name.startswith("tests/") for name in names)


def test_an_installed_wheel_finds_its_assets(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "import embodied_mem, embodied_mem_envs;"
        "from embodied_mem.assets import asset_path;"
        "from embodied_mem_envs.house import generate_house;"
        "print(embodied_mem.__file__); print(asset_path('furniture.json'));"
        "print(len(generate_house(1).objects))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    module, asset, count = done.stdout.split()
    assert module.startswith(str(tmp_path))
    assert asset.startswith(str(tmp_path))
    assert int(count) > 10


def test_a_missing_asset_says_where_it_was_looked_for() -> None:
    with pytest.raises(FileNotFoundError, match=r"no asset 'nothing\.json' under"):
        asset_path("nothing.json")
