"""Weights of a transformer in files: `NAME.safetensors` and `NAME.json`; nothing is unpickled."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from embodied_mem.allocation.weights import read_weights, write_weights
from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.sat.model import SpatiallyAwareTransformer
from embodied_mem.types import AnyArray

_KIND: Final = "transformer"


def save_transformer(
    path: Path, model: SpatiallyAwareTransformer, about: Mapping[str, Any] | None = None
) -> None:
    """Writes the weights, those of the encoder included, and the settings.

    Args:
        path: As in `allocation.weights.weight_files`.
        model: What to write.
        about: How it was trained: anything that JSON holds.
    """
    header = {"config": asdict(model.config), "about": dict(about or {})}
    write_weights(path, _KIND, arrays_of(model), header)


def load_transformer(path: Path, encoder: nn.Module) -> SpatiallyAwareTransformer:
    """Reads what `save_transformer` wrote.

    Args:
        path: As in `allocation.weights.weight_files`.
        encoder: Of the kind and sizes that it was trained with; it gets the weights.

    Raises:
        ConfigError: If a file is missing, damaged or of something else, or does not fit.
    """
    arrays, header = read_weights(path, _KIND, {"config": dict})
    try:
        config = SATConfig(**header["config"])
    except TypeError as error:
        raise ConfigError(f"{path} is of another version: {error}; train it anew") from error
    model = SpatiallyAwareTransformer(config, encoder)
    take_arrays(model, arrays)
    return model.eval()


def arrays_of(module: nn.Module) -> dict[str, AnyArray]:
    """Returns the weights of a module by name."""
    return {name: each.detach().cpu().numpy() for name, each in module.state_dict().items()}


def take_arrays(module: nn.Module, arrays: Mapping[str, AnyArray]) -> None:
    """Sets the weights of a module.

    Raises:
        ConfigError: If they are not of its names and shapes; the module is as it was.
    """
    own = {name: tuple(each.shape) for name, each in module.state_dict().items()}
    for name in sorted({*own, *arrays}):
        there, needed = (arrays[name].shape if name in arrays else None), own.get(name)
        if there != needed:
            raise ConfigError(
                f"{name} is {there or 'missing'} in the file and {needed or 'nothing'} in the "
                "model; make the model and its encoder with the settings that it was trained with"
            )
    module.load_state_dict({name: torch.from_numpy(each) for name, each in arrays.items()})
