"""Loads a network of `transformers` from a folder, and runs it where there is room for it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from embodied_mem.errors import MissingExtraError, ModelError
from embodied_mem.models.devices import Device, pick_device, quiet_loading
from embodied_mem.models.weights import check_tokenizer

_NAMED: Final = 3
"""How many missing tensors an error names."""


def library(name: str, feature: str) -> Any:
    """Imports a library that only perception by models needs.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(f"{feature} ({error})", "perception") from None


def part_of(transformers: Any, name: str) -> Any:
    """Returns a class of transformers.

    Raises:
        ModelError: If the version that is installed has none of that name.
    """
    try:
        return getattr(transformers, name)
    except AttributeError:
        raise ModelError(
            f"transformers {transformers.__version__} has no {name}: install a newer one"
        ) from None


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Where a network runs, and how exactly it calculates."""

    device: Device = "auto"
    """`auto` takes the GPU where there is one."""
    half: bool | None = None
    """Whether matrices are multiplied in half precision (float16 on a GPU, bfloat16 on a CPU);
    None does so on a GPU. Weights and what needs the range stay in single precision."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """A network with its weights, ready to be called inside `running`."""

    model: Any
    device: str
    half: bool
    torch: Any = field(repr=False)

    @contextmanager
    def running(self, *, exactly: bool = False) -> Iterator[None]:
        """Calculates without gradients, in the precision that was chosen or in single precision."""
        torch = self.torch
        kind = torch.float16 if self.device == "cuda" else torch.bfloat16
        half = self.half and not exactly
        with torch.inference_mode(), torch.autocast(self.device, kind, enabled=half):
            yield

    def on_device(self, tensors: dict[str, Any]) -> dict[str, Any]:
        """Returns tensors where the network is."""
        return {name: tensor.to(self.device) for name, tensor in tensors.items()}


def load_network(
    kind: str, folder: Path, feature: str, placement: Placement | None = None
) -> Network:
    """Loads weights that are on this machine: safetensors alone, and no code from the folder.

    Args:
        kind: Name of the class in `transformers`.
        folder: What `save_pretrained` wrote.
        feature: What asks for it, for messages.
        placement: Where it runs; the GPU in half precision or the CPU in single where None.

    Raises:
        MissingExtraError: If torch or transformers is not installed.
        ModelError: If the folder's weights are not those of such a network.
        ConfigError: If a GPU is asked for and there is none.
    """
    placement = placement or Placement()
    torch, transformers = library("torch", feature), library("transformers", feature)
    device = pick_device(torch, placement.device).type
    network = part_of(transformers, kind)
    with quiet_loading(transformers):
        try:
            model, told = network.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                dtype=torch.float32,
                output_loading_info=True,
            )
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise ModelError(
                f"{folder} cannot be loaded as {kind} for {feature}: {error}"
            ) from error
    wrong = sorted([*told["missing_keys"], *map(str, told["mismatched_keys"])])
    if wrong:  # transformers would go on with random numbers in their place
        raise ModelError(
            f"{folder} lacks {len(wrong)} tensors of {kind}, such as {', '.join(wrong[:_NAMED])}: "
            f"these are not the weights that {feature} needs"
        )
    if device == "cpu":
        torch.set_num_threads(min(torch.get_num_threads(), _cores()))
    half = device == "cuda" if placement.half is None else placement.half
    return Network(model=model.eval().to(device), device=device, half=half, torch=torch)


def load_preparation(kind: str, folder: Path, feature: str) -> Any:
    """Loads what makes pictures or words ready for a network: a processor, or a tokenizer.

    Args:
        kind: Name of the class in `transformers`.
        folder: What `save_pretrained` wrote.
        feature: What asks for it, for messages.

    Raises:
        MissingExtraError: If transformers is not installed.
        ModelError: If the folder holds none, or a package that it needs is missing.
    """
    made = part_of(library("transformers", feature), kind)
    try:
        found = made.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, ImportError, KeyError, TypeError) as error:
        first = str(error).strip().partition("\n")[0]
        raise ModelError(f"{folder} has no {kind} for {feature}: {first}") from error
    if hasattr(found, "get_vocab"):
        check_tokenizer(found, folder)
    return found


def _cores() -> int:
    """Returns how many cores this process may use; torch counts those of the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
