"""All that a trainer needs to go on exactly: arrays and JSON in one file, written whole or not.

One safetensors file holds both, the JSON in its header, so that no crash can leave one without
the other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as pack_tensors

from embodied_mem.errors import ConfigError
from embodied_mem.files import write_bytes
from embodied_mem.types import AnyArray

_KEY = "values"


@dataclass(kw_only=True, slots=True, eq=False)
class Snapshot:
    """A trainer at one moment."""

    arrays: dict[str, AnyArray] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    """Anything that JSON holds."""

    def put(self, prefix: str, arrays: Mapping[str, AnyArray]) -> None:
        """Adds arrays under a prefix."""
        for name, array in arrays.items():
            self.arrays[f"{prefix}/{name}"] = array

    def get(self, prefix: str) -> dict[str, AnyArray]:
        """Returns the arrays that were put under a prefix."""
        start = prefix + "/"
        return {
            name.removeprefix(start): array
            for name, array in self.arrays.items()
            if name.startswith(start)
        }

    def write(self, path: Path) -> None:
        """Writes it as one file, whole or not at all."""
        arrays = {name: np.array(array, order="C") for name, array in self.arrays.items()}
        write_bytes(path, pack_tensors(arrays, {_KEY: json.dumps(self.values)}))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Reads what `write` wrote.

        Raises:
            ConfigError: If there is no such file, or it is damaged.
        """
        try:
            with safe_open(path, framework="np") as file:
                values = json.loads(file.metadata()[_KEY])
                return cls(arrays={k: file.get_tensor(k) for k in file.keys()}, values=values)  # noqa: SIM118
        except (OSError, SafetensorError, TypeError, KeyError, ValueError) as error:
            raise ConfigError(
                f"no checkpoint can be read from {path}: {error}; start anew without --resume"
            ) from error


def put_module(snapshot: Snapshot, name: str, module: torch.nn.Module) -> None:
    """Adds the weights of a module."""
    snapshot.put(name, {k: v.detach().cpu().numpy().copy() for k, v in module.state_dict().items()})


def get_module(snapshot: Snapshot, name: str, module: torch.nn.Module) -> None:
    """Sets the weights of a module to what `put_module` added."""
    module.load_state_dict({k: torch.from_numpy(v) for k, v in snapshot.get(name).items()})


def put_optimizer(snapshot: Snapshot, name: str, optimizer: torch.optim.Optimizer) -> None:
    """Adds what an optimiser knows of each parameter; its settings belong to the trainer."""
    for index, state in optimizer.state_dict()["state"].items():
        values = {key: value.detach().cpu().numpy().copy() for key, value in state.items()}
        snapshot.put(f"{name}/{index}", values)


def get_optimizer(snapshot: Snapshot, name: str, optimizer: torch.optim.Optimizer) -> None:
    """Sets what an optimiser knows of each parameter to what `put_optimizer` added."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in snapshot.get(name).items():
        index, entry = key.split("/")
        state.setdefault(int(index), {})[entry] = torch.from_numpy(value)
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def put_chance(snapshot: Snapshot, name: str, rng: np.random.Generator) -> None:
    """Adds the state of a NumPy generator."""
    snapshot.values[name] = rng.bit_generator.state


def get_chance(snapshot: Snapshot, name: str, rng: np.random.Generator) -> None:
    """Sets a NumPy generator, of the same kind, to the state that `put_chance` added."""
    rng.bit_generator.state = snapshot.values[name]


def put_torch_chance(snapshot: Snapshot, name: str, generator: torch.Generator) -> None:
    """Adds the state of a torch generator."""
    snapshot.arrays[name] = generator.get_state().numpy().copy()


def get_torch_chance(snapshot: Snapshot, name: str, generator: torch.Generator) -> None:
    """Sets a torch generator to the state that `put_torch_chance` added."""
    generator.set_state(torch.from_numpy(snapshot.arrays[name]))
