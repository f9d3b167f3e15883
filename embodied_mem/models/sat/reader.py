"""A reader: the transformer with an encoder and classes to answer in, as it is trained and kept."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self, final

import numpy as np
import torch
from torch import Tensor, nn

from embodied_mem.allocation.weights import read_weights, write_weights
from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.batch import EpisodicBatch
from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.sat.encoders import CellEncoder
from embodied_mem.models.sat.heads import ClassificationHead
from embodied_mem.models.sat.model import SpatiallyAwareTransformer
from embodied_mem.models.sat.published import PublishedEncoder
from embodied_mem.types import UInt8Array

_KIND: Final = "reader"
_SQUARES: Final = "squares"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderConfig:
    """Settings of a `Reader`."""

    sat: SATConfig
    classes: int
    """Answers that there are."""
    grid: tuple[int, int] = (5, 5)
    """Rows and columns of squares in a picture."""
    features: int = 64
    """Numbers that stand for a square; the published encoder has its own number."""


@final
class Reader(nn.Module):
    """Answers questions to memories of pictures that are made of squares.

    With the published encoder where the transformer is the published one.

    Args:
        config: Settings.
        squares: (S, c, c, 3) every square that there is; frames are numbers of them.
        seed: Of the weights.
    """

    def __init__(self, config: ReaderConfig, squares: UInt8Array, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        self._squares = np.array(squares)
        width = config.sat.width
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            encoder: nn.Module = (
                PublishedEncoder(squares, width=width)
                if config.sat.published
                else CellEncoder(
                    squares=squares,
                    cell=squares.shape[1],
                    grid=config.grid,
                    width=width,
                    features=config.features,
                )
            )
            self.transformer = SpatiallyAwareTransformer(config.sat, encoder)
            self.head = ClassificationHead(width=width, classes=config.classes)

    def forward(self, memories: EpisodicBatch) -> Tensor:
        """Returns (B, Q, classes) logits."""
        logits: Tensor = self.head(self.transformer(memories))
        return logits

    @torch.no_grad()
    def answer(self, memories: EpisodicBatch) -> Tensor:
        """Returns (B, Q, classes) how likely each answer to each question is."""
        self.eval()
        answers: Tensor = self(memories).softmax(dim=-1)
        return answers

    def save(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        """Writes it as safetensors and JSON, its weights rounded to half precision.

        Args:
            path: As in `allocation.weights.weight_files`.
            about: How it was trained: anything that JSON holds.
        """
        weights = self.state_dict().items()
        arrays = {name: value.detach().cpu().half().numpy() for name, value in weights}
        header = {"config": asdict(self.config), "about": dict(about or {})}
        write_weights(path, _KIND, {**arrays, _SQUARES: self._squares}, header)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads what `save` wrote.

        Raises:
            ConfigError: If a file is missing, damaged or of something else.
        """
        arrays, header = read_weights(path, _KIND, {"config": dict})
        squares = arrays.pop(_SQUARES, None)
        if squares is None:
            raise ConfigError(f"{path} holds no squares; copy both files anew")
        try:
            config = {**header["config"], "sat": SATConfig(**header["config"]["sat"])}
            config["grid"] = tuple(config["grid"])
            reader = cls(ReaderConfig(**config), squares)
            reader.load_state_dict(
                {name: torch.from_numpy(each).float() for name, each in arrays.items()}
            )
        except (TypeError, KeyError, RuntimeError) as error:
            raise ConfigError(
                f"{path} is of another version of the reader: {error}; train it anew"
            ) from error
        return reader.eval()
