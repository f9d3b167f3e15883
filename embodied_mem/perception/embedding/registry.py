"""Embedders by name, as settings and command lines give them."""

from collections.abc import Callable
from typing import Final

from embodied_mem.assets import asset_path
from embodied_mem.perception.descriptor import ColourShapeEmbedder
from embodied_mem.perception.embedding.contrastive import ContrastiveEmbedder
from embodied_mem.perception.embedding.efficientnet import EfficientNetEmbedder
from embodied_mem.perception.embedding.instances import CropEmbedder
from embodied_mem.perception.embedding.joined import JoinedEmbedder
from embodied_mem.perception.embedding.whitened import WhitenedEmbedder
from embodied_mem.perception.segmentation import Embedder
from embodied_mem.plugins import load_plugin

_SHARE: Final = 0.25
"""Of the cosine that a network has beside the hand-made descriptor: the best of 0.1 to 0.3 on
three houses apart from those that the bench measures; on eight, 0.2 and 0.3 hardly differ."""

EMBEDDERS: Final[dict[str, Callable[[str], Embedder]]] = {
    "colour-shape": lambda _: ColourShapeEmbedder(),
    "efficientnet": lambda _: CropEmbedder(EfficientNetEmbedder()),
    "colour-shape-fitted": lambda _: _fitted("colour-shape", "colour_shape"),
    "fitted": lambda _: _fitted("colour-shape+efficientnet", "joined"),
    "siglip": lambda weights: CropEmbedder(ContrastiveEmbedder("siglip", weights)),
    "clip": lambda weights: CropEmbedder(ContrastiveEmbedder("clip", weights)),
}
"""Makes an embedder of what follows the colon in its name: where its weights are."""


def make_embedder(name: str) -> Embedder:
    """Makes an embedder of instances by name.

    Args:
        name: `colour-shape`, `efficientnet`, `siglip` or `clip`, the last two with `:FOLDER` or
            another repository's name behind them where need be; a plugin's name; two of these
            joined by `+`, such as `colour-shape+efficientnet`; or what was fitted on simulated
            houses to know things again: `colour-shape-fitted`, which needs no network, and
            `fitted`, which has both. On a real recording these two know less again than
            `colour-shape+efficientnet` (`embodied-mem bench models --only reid`).

    Raises:
        ConfigError: If a name is unknown; the nearest one is suggested.
        MissingWeightsError: If weights that it names are not on this machine.

    >>> make_embedder("colour-shape").dimension
    44
    """
    if "+" in name:
        first, second = name.split("+", 1)
        return JoinedEmbedder(make_embedder(first), make_embedder(second), share=_SHARE)
    kind, _, weights = name.partition(":")
    make: Callable[[str], Embedder] = load_plugin("embedder", kind, EMBEDDERS)
    return make(weights)


def _fitted(name: str, file: str) -> Embedder:
    return WhitenedEmbedder(make_embedder(name), asset_path(f"embedders/{file}.safetensors"))
