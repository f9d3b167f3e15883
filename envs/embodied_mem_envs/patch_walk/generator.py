"""A generator: the transformer with the layers that draw patches, as it is trained and kept."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self, final

import numpy as np
import torch
from torch import Tensor, nn

from embodied_mem.allocation.weights import read_weights, write_weights
from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.batch import EpisodicBatch
from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.sat.encoders import PatchEncoder
from embodied_mem.models.sat.heads import PictureHead
from embodied_mem.models.sat.model import SpatiallyAwareTransformer
from embodied_mem.models.sat.weights import arrays_of
from embodied_mem.types import Float32Array, Int64Array
from embodied_mem_envs.patch_walk.batches import patch_batch
from embodied_mem_envs.patch_walk.grid import PATCH, make_places
from embodied_mem_envs.patch_walk.walks import PatchWalks

_KIND: Final = "patch generator"
_AT_ONCE: Final = 32


def _sat() -> SATConfig:
    return SATConfig(width=128, layers=2, heads=4, read="flat", time="none", place="pose")


@dataclass(frozen=True, kw_only=True, slots=True)
class GeneratorConfig:
    """Settings of a `PatchGenerator`."""

    sat: SATConfig = field(default_factory=_sat)
    places: int = 16
    """Places that the cells are divided into, for reads by place."""


@final
class PatchGenerator(nn.Module):
    """Draws the patches along a second walk from those that are in memory.

    Args:
        config: Settings.
        seed: Of the weights.
    """

    def __init__(self, config: GeneratorConfig, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        self.places: Int64Array = make_places(config.places)
        width = config.sat.width
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.transformer = SpatiallyAwareTransformer(config.sat, PatchEncoder(width=width))
            self.head = PictureHead(width=width, side=PATCH)

    def forward(self, memories: EpisodicBatch) -> Tensor:
        """Returns (B, Q, T, 16, 16, 3) in 0 to 1."""
        drawn: Tensor = self.head(self.transformer(memories))
        return drawn

    @torch.no_grad()
    def draw(self, walks: PatchWalks, kept: Int64Array) -> Float32Array:
        """Returns (B, R, 16, 16, 3) of 0 to 1: what it draws of the patches that are asked for.

        Args:
            walks: B episodes.
            kept: (B, K) ticks of the patches in memory; -1 for an empty slot.
        """
        self.eval()
        parts = []
        for start in range(0, len(walks), _AT_ONCE):
            rows = slice(start, start + _AT_ONCE)
            memories, _ = patch_batch(walks.some(rows), kept[rows], self.places)
            parts.append(self(memories)[:, 0].numpy())
        return np.concatenate(parts)

    def save(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        """Writes it as safetensors and JSON.

        Args:
            path: As in `allocation.weights.weight_files`.
            about: How it was trained: anything that JSON holds.
        """
        header = {"config": asdict(self.config), "about": dict(about or {})}
        write_weights(path, _KIND, arrays_of(self), header)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads what `save` wrote.

        Raises:
            ConfigError: If a file is missing, damaged or of something else.
        """
        arrays, header = read_weights(path, _KIND, {"config": dict})
        try:
            config = {**header["config"], "sat": SATConfig(**header["config"]["sat"])}
            generator = cls(GeneratorConfig(**config))
            state = {name: torch.from_numpy(each) for name, each in arrays.items()}
            generator.load_state_dict(state)
        except (TypeError, KeyError, RuntimeError) as error:
            raise ConfigError(
                f"{path} is of another version of the generator: {error}; train it anew"
            ) from error
        return generator.eval()
