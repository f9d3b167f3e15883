"""SigLIP and CLIP: pictures and words in one space, through `transformers`."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, final

import numpy as np

from embodied_mem.errors import unknown_name
from embodied_mem.models.weights import find_weights
from embodied_mem.perception.embedding.preparing import checked
from embodied_mem.perception.network import Placement, load_network, load_preparation
from embodied_mem.types import Float32Array, UInt8Array

_BATCH: Final = 64
"""Pictures or texts that go through the network together."""
_MIB: Final = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """What `transformers` calls the parts of a kind of model."""

    repository: str
    model: str
    processor: str
    """The one of its two processors that does without torchvision."""
    filled: bool
    """Whether texts are filled up to the full length and not masked, as it was trained."""


_KINDS: Final[dict[str, _Kind]] = {
    "siglip": _Kind(
        repository="google/siglip2-base-patch16-224",
        model="SiglipModel",
        processor="SiglipImageProcessorPil",
        filled=True,
    ),
    "clip": _Kind(
        repository="openai/clip-vit-base-patch32",
        model="CLIPModel",
        processor="CLIPImageProcessorPil",
        filled=False,
    ),
}


@final
class ContrastiveEmbedder:
    """Pictures and texts, close by the cosine where one tells of the other.

    CLIP: Radford et al., ICML 2021; SigLIP: Zhai et al., ICCV 2023, and SigLIP 2, which is of the
    same shape. What is nearest is to be trusted; how near says little: captions lie about 0.3 from
    their pictures.
    """

    def __init__(self, kind: str, weights: str = "", *, placement: Placement | None = None) -> None:
        """Loads the network.

        Args:
            kind: `siglip` or `clip`.
            weights: A folder or a repository; where empty, `google/siglip2-base-patch16-224` or
                `openai/clip-vit-base-patch32`.
            placement: Where it runs.

        Raises:
            ConfigError: If the kind is neither.
            MissingWeightsError: If they are not on this machine.
            MissingExtraError: If torch or transformers is not installed.
            ModelError: If they are those of something else.
        """
        if kind not in _KINDS:
            raise unknown_name("picture embedder", kind, _KINDS)
        self._kind = _KINDS[kind]
        folder = find_weights(kind, self._kind.repository, weights)
        feature = f"the embedder {kind}"
        self._network = load_network(self._kind.model, folder, feature, placement)
        self._processor = load_preparation(self._kind.processor, folder, feature)
        self._tokenizer = load_preparation("AutoTokenizer", folder, feature)
        self._space = f"{kind}/{_fingerprint(folder)}"

    @property
    def space(self) -> str:
        """Name of the space of the vectors: the kind, and which weights they are."""
        return self._space

    @property
    def dimension(self) -> int:
        """Length of a vector: 768 for SigLIP's and 512 for CLIP's published base models."""
        config = self._network.model.config
        if self._kind.filled:
            return int(config.vision_config.hidden_size)
        return int(config.projection_dim)

    @property
    def side(self) -> int:
        """Pixels of the square that the network looks at."""
        return int(self._network.model.config.vision_config.image_size)

    def embed_pictures(self, pictures: Sequence[UInt8Array]) -> Float32Array:
        """Returns (n, dimension) unit rows, one a picture.

        Raises:
            ObservationError: If a picture is no (h, w, 3) array of bytes.
        """
        rows = np.zeros((len(pictures), self.dimension), np.float32)
        for start in range(0, len(pictures), _BATCH):
            part = [checked(picture) for picture in pictures[start : start + _BATCH]]
            seen = self._processor(part, return_tensors="pt", input_data_format="channels_last")
            taken = self._network.on_device({"pixel_values": seen["pixel_values"]})
            with self._network.running():
                found = self._network.model.get_image_features(**taken).pooler_output
            rows[start : start + len(part)] = found.float().cpu().numpy()
        return _unit(rows)

    def embed_texts(self, texts: Sequence[str]) -> Float32Array:
        """Returns (n, dimension) unit rows, one a text; what is too long for it is cut off."""
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), _BATCH):
            part = list(texts[start : start + _BATCH])
            taken = self._network.on_device(self._tokens(part))
            with self._network.running():
                found = self._network.model.get_text_features(**taken).pooler_output
            rows[start : start + len(part)] = found.float().cpu().numpy()
        return _unit(rows)

    def _tokens(self, texts: list[str]) -> dict[str, Any]:
        longest = int(self._network.model.config.text_config.max_position_embeddings)
        taken = self._tokenizer(
            [text.lower() for text in texts] if self._kind.filled else texts,
            padding="max_length" if self._kind.filled else True,
            padding_side="right",
            truncation=True,
            max_length=longest,
            return_tensors="pt",
        )
        names = ("input_ids",) if self._kind.filled else ("input_ids", "attention_mask")
        return {name: taken[name] for name in names}


def _unit(rows: Float32Array) -> Float32Array:
    unit: Float32Array = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit


def _fingerprint(folder: Path) -> str:
    """Returns eight digits that tell weights apart: of the size and both ends of the files."""
    digest = sha256()
    for path in sorted(folder.glob("*.safetensors")):
        size = path.stat().st_size
        digest.update(size.to_bytes(8, "little"))
        with path.open("rb") as file:
            digest.update(file.read(_MIB))
            file.seek(max(0, size - _MIB))
            digest.update(file.read(_MIB))
    return digest.hexdigest()[:8]
