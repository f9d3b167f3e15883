"""Boxes by OWLv2."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.models.weights import find_weights
from embodied_mem.perception.detection.boxes import Boxes, check_request, clipped, corners_of
from embodied_mem.perception.detection.suppression import Suppression, suppressed
from embodied_mem.perception.network import Placement, load_network, load_preparation
from embodied_mem.types import Float32Array, UInt8Array

NAME: Final = "owlv2"
REPOSITORY: Final = "google/owlv2-base-patch16-ensemble"


@dataclass(frozen=True, kw_only=True, slots=True)
class Owlv2Config:
    """What counts as found, and how much is looked at at once."""

    threshold: float = 0.1
    """Least score; 0.1 is the default of `transformers`."""
    template: str = "a photo of a {}"
    """What a word is put into, as the network was trained with captions."""
    batch: int = 4
    """Pictures that go through the network together."""
    suppression: Suppression = field(default_factory=Suppression)
    placement: Placement = field(default_factory=Placement)

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            ConfigError: If the threshold lies outside of [0, 1), a batch is empty, or the
                template has no place for a word.
        """
        if not 0.0 <= self.threshold < 1.0 or self.batch < 1:
            raise ConfigError("the threshold must lie in [0, 1) and a batch be at least 1")
        if "{}" not in self.template:
            raise ConfigError(f"the template {self.template!r} has no {{}} for the word")


@final
class Owlv2:
    """Finds what words name (Minderer et al., "Scaling open-vocabulary object detection", 2023).

    Words are encoded once for as long as they stay the same; a picture then costs one pass through
    the vision transformer, however many words there are.
    """

    def __init__(self, weights: str = "", config: Owlv2Config | None = None) -> None:
        """Loads the network.

        Args:
            weights: A folder or a repository; `google/owlv2-base-patch16-ensemble` where empty.
            config: Settings; the defaults where None.

        Raises:
            MissingWeightsError: If they are not on this machine.
            MissingExtraError: If torch or transformers is not installed.
            ModelError: If they are those of something else.
        """
        self._config = config or Owlv2Config()
        folder = find_weights(NAME, REPOSITORY, weights)
        feature = f"the detector {NAME}"
        self._network = load_network(
            "Owlv2ForObjectDetection", folder, feature, self._config.placement
        )
        # The one of the two processors that does without torchvision.
        self._processor = load_preparation("Owlv2ImageProcessorPil", folder, feature)
        self._tokenizer = load_preparation("AutoTokenizer", folder, feature)
        self._encoded: tuple[tuple[str, ...], Any] = ((), None)

    def detect(self, pictures: Sequence[UInt8Array], words: Sequence[str]) -> tuple[Boxes, ...]:
        """Returns the boxes of each picture; see `Detector`."""
        check_request(pictures, words)
        found: list[Boxes] = []
        for start in range(0, len(pictures), self._config.batch):
            batch = pictures[start : start + self._config.batch]
            logits, centred = self._forward(batch, tuple(words))
            for row, picture in enumerate(batch):
                boxes = owl_boxes(
                    logits[row], centred[row], words, picture.shape, self._config.threshold
                )
                found.append(suppressed(boxes, self._config.suppression))
        return tuple(found)

    def _forward(
        self, pictures: Sequence[UInt8Array], words: tuple[str, ...]
    ) -> tuple[Float32Array, Float32Array]:
        """Returns (pictures, patches, words) logits and (pictures, patches, 4) boxes."""
        model = self._network.model
        queries = self._queries(words)
        seen = self._processor(
            list(pictures), input_data_format="channels_last", return_tensors="pt"
        )["pixel_values"]
        with self._network.running():
            grid = model.image_embedder(seen.to(self._network.device))[0].float()
        # The heads are cheap, and half precision makes like words score the same.
        with self._network.running(exactly=True):
            patches = grid.flatten(1, 2)
            logits, _ = model.class_predictor(patches, queries.expand(len(pictures), -1, -1))
            centred = model.box_predictor(patches, grid)
        return logits.cpu().numpy(), centred.cpu().numpy()

    def _queries(self, words: tuple[str, ...]) -> Any:
        """Returns (1, words, d) unit vectors of the words."""
        known, queries = self._encoded
        if known != words:
            model = self._network.model
            with self._network.running():
                outputs = model.owlv2.get_text_features(
                    **self._network.on_device(self._tokens(words))
                )
                vectors = outputs.pooler_output.float()
                queries = (vectors / vectors.norm(dim=-1, keepdim=True))[None]
            self._encoded = (words, queries)
        return queries

    def _tokens(self, words: tuple[str, ...]) -> dict[str, Any]:
        """Returns the ids and the mask of the words in their template.

        Raises:
            ConfigError: If one is too long; it would be cut off and stand for something else.
        """
        most = int(self._network.model.config.text_config.max_position_embeddings)
        texts = [self._config.template.format(word.lower().strip()) for word in words]
        text = self._tokenizer(texts, padding="max_length", max_length=most)
        for given, ids in zip(texts, text["input_ids"], strict=True):
            if len(ids) > most:
                raise ConfigError(f"{given[:60]!r} has {len(ids)} tokens; OWLv2 takes {most}")
        torch = self._network.torch
        return {name: torch.tensor(text[name]) for name in ("input_ids", "attention_mask")}


def owl_boxes(
    logits: Float32Array,
    centred: Float32Array,
    words: Sequence[str],
    shape: tuple[int, ...],
    threshold: float,
) -> Boxes:
    """Reads the boxes of one picture off the network's output.

    Args:
        logits: (patches, words).
        centred: (patches, 4) centre and size, in shares of the square that the picture was padded
            to at its right or bottom.
        words: What was looked for.
        shape: Of the picture, (h, w, ...).
        threshold: Least score that is kept.
    """
    best = logits.argmax(axis=1)
    score = np.reciprocal(1.0 + np.exp(-np.clip(logits.max(axis=1), -50.0, 50.0)))
    kept = np.flatnonzero(score > threshold)
    side = max(shape[:2])
    return Boxes(
        corners=clipped(corners_of(centred[kept], side, side), shape),
        words=tuple(words[best[k]] for k in kept),
        scores=score[kept].astype(np.float32),
    )
