"""How a transformer is computed: on which device, in which numbers, compiled or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TypeVar

import torch
from torch import nn

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.model import SpatiallyAwareTransformer

M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True, kw_only=True, slots=True)
class Acceleration:
    """Settings of the computation; they change results by rounding only.

    >>> acceleration = Acceleration(device="cpu", bf16=True)
    >>> model = acceleration.prepare(torch.nn.Linear(3, 2))
    >>> with acceleration.running():
    ...     model(torch.ones(1, 3)).dtype
    torch.bfloat16
    """

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto` is a CUDA device where there is one."""
    bf16: bool | None = None
    """Multiply matrices in bfloat16 (weights and sums stay float32); None: on CUDA, where the
    device has it."""
    compile: bool | None = None
    """Compile the layers by `torch.compile`, which takes a minute at first; None: on CUDA."""

    @property
    def torch_device(self) -> torch.device:
        """The device.

        Raises:
            ConfigError: If it is asked for and not there.
        """
        there = torch.cuda.is_available()
        if self.device == "cuda" and not there:
            raise ConfigError('device is "cuda", and there is none; use "auto" or "cpu"')
        return torch.device("cuda" if there and self.device != "cpu" else "cpu")

    def prepare(self, module: M) -> M:
        """Moves a module to the device and compiles the layers of every transformer in it.

        Names and values of weights stay what they are; so what was prepared can be kept and loaded
        like anything else.
        """
        device = self.torch_device
        module.to(device)
        if device.type == "cuda" if self.compile is None else self.compile:
            for part in module.modules():
                if isinstance(part, SpatiallyAwareTransformer):
                    # Memories are of all sizes, and to compile for each would take for ever.
                    for layer in part.core.layers:
                        layer.compile(dynamic=True)
        return module

    @contextmanager
    def running(self) -> Iterator[None]:
        """Surrounds what is to be computed in the numbers that are asked for."""
        device = self.torch_device
        bf16 = self.bf16
        if bf16 is None:
            bf16 = device.type == "cuda" and torch.cuda.is_bf16_supported()
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            yield
