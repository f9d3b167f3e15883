"""Finds the project's data files, in an installed wheel and in a checkout alike."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_PLACES = (_PACKAGE / "_assets", _PACKAGE.parent / "assets")


def asset_path(name: str) -> Path:
    """Returns the path of an asset, such as `commonsense.json`.

    Raises:
        FileNotFoundError: If no asset has that name.
    """
    for place in _PLACES:
        path = place / name
        if path.exists():
            return path
    raise FileNotFoundError(f"no asset {name!r} under {' or '.join(map(str, _PLACES))}")
