"""A frozen generator in an environment, which may be sent to other processes."""

from pathlib import Path
from typing import Any, final

from embodied_mem.errors import MissingExtraError
from embodied_mem.types import Float32Array, Int64Array
from embodied_mem_envs.patch_walk.walks import PatchWalks

try:
    from embodied_mem_envs.patch_walk.generator import PatchGenerator
except ModuleNotFoundError as error:
    raise MissingExtraError("a trained generator", "train") from error


@final
class FrozenGenerator:
    """A `Drawer` that was trained and saved.

    Args:
        path: Of its files, as in `allocation.weights.weight_files`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._generator = PatchGenerator.load(self._path)

    def __call__(self, walks: PatchWalks, kept: Int64Array) -> Float32Array:
        """Returns (B, R, 16, 16, 3) of 0 to 1."""
        return self._generator.draw(walks, kept)

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self._path}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)
