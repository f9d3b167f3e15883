"""Detecting segmenters by name: `grounding-dino`, `owlv2:FOLDER`, `grounding-dino+depth`."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from embodied_mem.errors import ConfigError, MissingWeightsError, unknown_name
from embodied_mem.perception.detection.boxes import Detector
from embodied_mem.perception.detection.grounding_dino import GroundingDino
from embodied_mem.perception.detection.owlv2 import Owlv2
from embodied_mem.perception.detection.segmenter import DetectingSegmenter
from embodied_mem.perception.masks.depth import BoxDepthMasks
from embodied_mem.perception.masks.maker import MaskMaker
from embodied_mem.perception.masks.sam2 import Sam2Masks

DETECTORS: Final[Mapping[str, Callable[[str], Detector]]] = {
    "grounding-dino": GroundingDino,
    "owlv2": Owlv2,
}
"""Each from a folder or a repository, empty for the default one."""

MASKS: Final = ("sam2", "depth")


def detecting_segmenter(name: str) -> DetectingSegmenter:
    """Makes a segmenter from its name: `DETECTOR[:WEIGHTS][+MASKS[:WEIGHTS]]`.

    Args:
        name: The detector is `grounding-dino` or `owlv2`, the masks are by `sam2` (where not
            given) or from `depth`, which takes no weights. Weights are a folder or a repository.

    Raises:
        ConfigError: If a part of the name is unknown.
        MissingWeightsError: If weights are not on this machine.
        MissingExtraError: If torch or transformers is not installed.
    """
    seen, masks = split_name(name)
    detector, _, weights = seen.partition(":")
    if detector not in DETECTORS:
        raise unknown_name("detector", detector, DETECTORS)
    missing: list[MissingWeightsError] = []
    made: list[Any] = []
    for make, given in ((_make_masks, masks), (DETECTORS[detector], weights)):
        try:
            made.append(make(given))
        except MissingWeightsError as error:
            missing.append(error)
    if missing:  # both at once, so that nobody comes back for the second one
        raise MissingWeightsError("\n".join(map(str, missing)))
    return DetectingSegmenter(made[1], made[0])


def split_name(name: str) -> tuple[str, str]:
    """Splits a name into detector and masks; a folder may have a + in its path.

    >>> split_name("owlv2:/a+b/c"), split_name("owlv2:/a+b/c+sam2:/d"), split_name("owlv2+depth")
    (('owlv2:/a+b/c', 'sam2'), ('owlv2:/a+b/c', 'sam2:/d'), ('owlv2', 'depth'))
    """
    head, plus, tail = name.rpartition("+")
    kind = tail.partition(":")[0]
    if plus and (kind in MASKS or ":" not in head):
        return head, tail
    return name, MASKS[0]


def _make_masks(name: str) -> MaskMaker:
    kind, _, weights = name.partition(":")
    if kind == "depth":
        if weights:
            raise ConfigError(f"masks from depth take no weights; got {weights!r}")
        return BoxDepthMasks()
    if kind == "sam2":
        return Sam2Masks(weights)
    raise unknown_name("mask maker", kind, MASKS)
