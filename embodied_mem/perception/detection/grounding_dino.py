"""Boxes by Grounding DINO."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.models.weights import find_weights
from embodied_mem.perception.detection.boxes import (
    Boxes,
    check_request,
    clipped,
    corners_of,
)
from embodied_mem.perception.detection.phrases import Prompt, make_prompts
from embodied_mem.perception.detection.suppression import Suppression, suppressed
from embodied_mem.perception.network import Placement, load_network, load_preparation
from embodied_mem.types import Float32Array, UInt8Array

NAME: Final = "grounding-dino"
REPOSITORY: Final = "IDEA-Research/grounding-dino-tiny"


@dataclass(frozen=True, kw_only=True, slots=True)
class GroundingDinoConfig:
    """What counts as found, and how much is looked at at once."""

    threshold: float = 0.25
    """Least score of a word, the mean over its tokens; 0.25 is the default of `transformers`."""
    batch: int = 4
    """Pictures times prompts that go through the network together."""
    suppression: Suppression = field(default_factory=Suppression)
    placement: Placement = field(default_factory=Placement)

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            ConfigError: If the threshold lies outside of [0, 1), or a batch is empty.
        """
        if not 0.0 <= self.threshold < 1.0 or self.batch < 1:
            raise ConfigError("the threshold must lie in [0, 1) and a batch be at least 1")


@final
class GroundingDino:
    """Finds what words name (Liu et al., "Grounding DINO", ECCV 2024), through `transformers`.

    One prompt holds 256 tokens; more words are looked for in several passes over the picture,
    whose boxes are put together and thinned out.
    """

    def __init__(self, weights: str = "", config: GroundingDinoConfig | None = None) -> None:
        """Loads the network.

        Args:
            weights: A folder or a repository; `IDEA-Research/grounding-dino-tiny` where empty.
            config: Settings; the defaults where None.

        Raises:
            MissingWeightsError: If they are not on this machine.
            MissingExtraError: If torch or transformers is not installed.
            ModelError: If they are those of something else.
        """
        self._config = config or GroundingDinoConfig()
        folder = find_weights(NAME, REPOSITORY, weights)
        feature = f"the detector {NAME}"
        self._network = load_network(
            "GroundingDinoForObjectDetection", folder, feature, self._config.placement
        )
        # The one of the two processors that does without torchvision.
        self._processor = load_preparation("GroundingDinoImageProcessorPil", folder, feature)
        self._tokenizer = load_preparation("AutoTokenizer", folder, feature)

    def detect(self, pictures: Sequence[UInt8Array], words: Sequence[str]) -> tuple[Boxes, ...]:
        """Returns the boxes of each picture; see `Detector`."""
        check_request(pictures, words)
        limit = int(self._network.model.config.max_text_len)
        prompts = make_prompts(words, self._tokenizer, limit)
        jobs = [(index, prompt) for index in range(len(pictures)) for prompt in prompts]
        found: list[list[Boxes]] = [[] for _ in pictures]
        for start in range(0, len(jobs), self._config.batch):
            batch = jobs[start : start + self._config.batch]
            logits, centred = self._forward([(pictures[k], prompt) for k, prompt in batch])
            for row, (index, prompt) in enumerate(batch):
                shape = pictures[index].shape
                found[index].append(
                    grounded_boxes(logits[row], centred[row], prompt, shape, self._config.threshold)
                )
        return tuple(suppressed(_joined(parts), self._config.suppression) for parts in found)

    def _forward(
        self, jobs: Sequence[tuple[UInt8Array, Prompt]]
    ) -> tuple[Float32Array, Float32Array]:
        """Returns (jobs, queries, tokens) logits, -inf for no token, and (jobs, queries, 4)."""
        torch = self._network.torch
        seen = self._processor(
            [picture for picture, _ in jobs],
            input_data_format="channels_last",
            return_tensors="pt",
        )
        longest = max(len(prompt.tokens) for _, prompt in jobs)
        tokens = np.zeros((len(jobs), longest), np.int64)  # 0 is [PAD]
        real = np.zeros((len(jobs), longest), np.int64)
        for row, (_, prompt) in enumerate(jobs):
            tokens[row, : len(prompt.tokens)] = prompt.tokens
            real[row, : len(prompt.tokens)] = 1
        given: dict[str, Any] = {
            "pixel_values": seen["pixel_values"],
            "pixel_mask": seen["pixel_mask"],
            "input_ids": torch.from_numpy(tokens),
            "token_type_ids": torch.zeros(tokens.shape, dtype=torch.int64),
            "attention_mask": torch.from_numpy(real),
        }
        with self._network.running():
            output = self._network.model(**self._network.on_device(given))
        return output.logits.float().cpu().numpy(), output.pred_boxes.float().cpu().numpy()


def grounded_boxes(
    logits: Float32Array,
    centred: Float32Array,
    prompt: Prompt,
    shape: tuple[int, ...],
    threshold: float,
) -> Boxes:
    """Reads the boxes of one picture and one prompt off the network's output.

    Args:
        logits: (queries, tokens); -inf where no token is.
        centred: (queries, 4) centre and size, in shares of the picture without its padding.
        prompt: What was asked.
        shape: Of the picture, (h, w, ...).
        threshold: Least score that is kept.
    """
    tokens = np.reciprocal(1.0 + np.exp(-np.clip(logits, -50.0, 50.0)))
    scores = prompt.word_scores(tokens.astype(np.float32))
    best = scores.argmax(axis=1)
    score = scores[np.arange(len(scores)), best]
    kept = np.flatnonzero(score > threshold)
    corners = corners_of(centred[kept], shape[1], shape[0])
    return Boxes(
        corners=clipped(corners, shape),
        words=tuple(prompt.words[best[k]] for k in kept),
        scores=score[kept],
    )


def _joined(parts: Sequence[Boxes]) -> Boxes:
    return Boxes(
        corners=np.concatenate([part.corners for part in parts]),
        words=tuple(word for part in parts for word in part.words),
        scores=np.concatenate([part.scores for part in parts]),
    )
