"""Loads Open3D when it is first needed, and says what to install where it cannot be."""

import importlib
import importlib.util
from typing import Any, Final

from embodied_mem.errors import MissingExtraError

APT_PACKAGES: Final = ("libusb-1.0-0", "libgl1", "libegl1", "libx11-6", "libgomp1")
"""Debian's names of the system libraries that Open3D's wheels load."""


def load_open3d() -> Any:
    """Returns the `open3d` module.

    Raises:
        MissingExtraError: If it is not installed, or a system library that it loads is not there.
    """
    try:
        return importlib.import_module("open3d")
    except (ImportError, OSError) as error:
        raise _missing(error) from error


def open3d_missing() -> str | None:
    """Returns why Open3D cannot be used, for a test that is skipped; None where it can."""
    try:
        load_open3d()
    except MissingExtraError as error:
        return str(error)
    return None


def _missing(error: Exception) -> MissingExtraError:
    missing = MissingExtraError("registration", "open3d")
    if importlib.util.find_spec("open3d") is not None:
        missing.args = (
            f"open3d is installed but does not load ({error}): "
            f"apt-get install {' '.join(APT_PACKAGES)}",
        )
    else:
        missing.args = (
            f"{missing.args[0]} (and on Debian: apt-get install {' '.join(APT_PACKAGES)})",
        )
    return missing
