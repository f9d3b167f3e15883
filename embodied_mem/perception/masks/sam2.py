"""Masks of boxes by SAM 2."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, final

import cv2
import numpy as np

from embodied_mem.errors import ConfigError, ModelError
from embodied_mem.models.weights import find_weights
from embodied_mem.perception.frame import Frame
from embodied_mem.perception.masks.maker import inside_boxes
from embodied_mem.perception.network import Placement, load_network
from embodied_mem.types import BoolArray, Float32Array, UInt8Array

NAME: Final = "sam2"
REPOSITORY: Final = "facebook/sam2.1-hiera-tiny"

_SETTINGS: Final = ("preprocessor_config.json", "processor_config.json")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sam2Config:
    """How masks are read off."""

    threshold: float = 0.0
    """Logit above which a pixel belongs to the mask."""
    margin: float = 0.1
    """How far a mask may reach out of its box, as a share of the box's sides."""
    batch: int = 64
    """Boxes that go through the decoder together."""
    placement: Placement = field(default_factory=Placement)

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            ConfigError: If the margin is negative or a batch empty.
        """
        if self.margin < 0.0 or self.batch < 1:
            raise ConfigError("Sam2Config.margin must not be negative and batch be at least 1")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pictures:
    """What the network wants of a picture."""

    side: int
    mean: Float32Array
    deviation: Float32Array


@final
class Sam2Masks:
    """Masks of boxes by SAM 2 (Ravi et al., "SAM 2: Segment anything in images and videos", 2024).

    The picture goes through the encoder once, then all its boxes through the decoder. The
    processor of `transformers` needs torchvision; the picture is resized and normalised here, as
    `preprocessor_config.json` has it.
    """

    def __init__(self, weights: str = "", config: Sam2Config | None = None) -> None:
        """Loads the network.

        Args:
            weights: A folder or a repository; `facebook/sam2.1-hiera-tiny` where empty.
            config: Settings; the defaults where None.

        Raises:
            MissingWeightsError: If they are not on this machine.
            MissingExtraError: If torch or transformers is not installed.
            ModelError: If they are those of something else.
        """
        self._config = config or Sam2Config()
        folder = find_weights(NAME, REPOSITORY, weights)
        self._network = load_network(
            "Sam2Model", folder, f"masks by {NAME}", self._config.placement
        )
        self._pictures = _read_settings(folder)
        wanted = self._network.model.config.prompt_encoder_config.image_size
        if wanted != self._pictures.side:
            raise ModelError(
                f"{folder}: pictures are {self._pictures.side} pixels wide by its settings, but "
                f"{wanted} by config.json; expected the same"
            )

    def masks(self, frame: Frame, corners: Float32Array) -> BoolArray:
        """Returns (n, h, w) masks; see `MaskMaker`."""
        if not len(corners):
            return np.zeros((0, *frame.shape), dtype=bool)
        logits = at_strided_pixels(self._logits(frame.observation.rgb, corners), frame)
        near = inside_boxes(frame, _grown(corners, self._config.margin))
        return (logits > self._config.threshold) & near

    def _logits(self, rgb: UInt8Array, corners: Float32Array) -> Float32Array:
        """Returns (n, a, b) small pictures of how surely a pixel belongs to each thing."""
        side, batch = self._pictures.side, self._config.batch
        height, width = rgb.shape[:2]
        scaled = corners * np.array([side / width, side / height] * 2, np.float32)
        network = self._network
        parts = []
        with network.running():
            picture = network.torch.from_numpy(_prepared(rgb, self._pictures))[None]
            encoded = network.model.get_image_embeddings(picture.to(network.device))
            for start in range(0, len(scaled), batch):
                boxes = network.torch.from_numpy(scaled[None, start : start + batch])
                # A box says what is meant: one mask each, not three to choose from.
                output = network.model(
                    image_embeddings=encoded,
                    input_boxes=boxes.to(network.device),
                    multimask_output=False,
                )
                parts.append(output.pred_masks[0, :, 0].float().cpu().numpy())
        return np.concatenate(parts)


def at_strided_pixels(logits: Float32Array, frame: Frame) -> Float32Array:
    """Samples pictures that stand for the whole frame at its strided pixels, bilinearly.

    Args:
        logits: (n, a, b) small pictures.
        frame: Whose pixels.

    Returns:
        (n, h, w), the same as enlarging to the whole picture and taking every stride-th pixel.
    """
    height, width = frame.observation.rgb.shape[:2]
    rows, columns = frame.shape
    x = (np.arange(columns) * frame.stride + 0.5) * (logits.shape[2] / width) - 0.5
    y = (np.arange(rows) * frame.stride + 0.5) * (logits.shape[1] / height) - 0.5
    across, down = (grid.astype(np.float32) for grid in np.meshgrid(x, y))
    return np.stack(
        [
            cv2.remap(part, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for part in logits
        ]
    )


def _grown(corners: Float32Array, margin: float) -> Float32Array:
    """Returns boxes that reach out by a share of their sides."""
    more = np.float32(margin) * (corners[:, 2:] - corners[:, :2])
    return np.concatenate([corners[:, :2] - more, corners[:, 2:] + more], axis=1)


def _prepared(rgb: UInt8Array, wanted: _Pictures) -> Float32Array:
    """Returns (3, side, side) normalised."""
    smaller = max(rgb.shape[:2]) > wanted.side
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    # uint8 in and out, as the processor of `transformers` resizes.
    resized = cv2.resize(np.ascontiguousarray(rgb), (wanted.side, wanted.side), interpolation=how)
    normal = (resized.astype(np.float32) / np.float32(255.0) - wanted.mean) / wanted.deviation
    return np.ascontiguousarray(normal.transpose(2, 0, 1))


def _read_settings(folder: Path) -> _Pictures:
    """Reads the size and the normalisation of pictures.

    Raises:
        ModelError: If the folder has none, or they are not what SAM 2 has.
    """
    for name in _SETTINGS:
        if (folder / name).is_file():
            return _settings_of(folder / name)
    raise ModelError(f"{folder} has no {_SETTINGS[0]}: fetch the whole repository")


def _settings_of(path: Path) -> _Pictures:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        found = found.get("image_processor", found)
        height, width = found["size"]["height"], found["size"]["width"]
        mean, deviation = found["image_mean"], found["image_std"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path} does not say how pictures are prepared: expected size, image_mean and "
            f"image_std ({error!r})"
        ) from error
    if height != width or len(mean) != 3 or len(deviation) != 3 or min(deviation) <= 0.0:
        raise ModelError(f"{path}: expected a square size, and three means and deviations above 0")
    return _Pictures(
        side=int(height),
        mean=np.array(mean, np.float32),
        deviation=np.array(deviation, np.float32),
    )
