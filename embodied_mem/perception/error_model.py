"""What a real detector gets wrong, in numbers, and where they come from.

The default is fitted to Mask R-CNN on COCO val2017, boxes at an overlap of 0.5:

- What kinds of errors cost how much: the summary that TIDE prints for it (Bolya et al. 2020,
  arXiv:2008.08115; the table is in the README of the package `tidecv` 1.0.1): AP50 61.8; a wrong
  class costs 3.40 points, a bad place 6.65, both 1.18, duplicates 0.19, false finds on background
  3.96, misses 7.53.
- How much more often small things are missed: its average recall by size, the log of torchvision's
  `maskrcnn_resnet50_fpn` in github.com/pytorch/vision/pull/2954: 0.335 for things of less than
  32 x 32 pixels, 0.569 below 96 x 96, 0.677 above, in pictures of about 640 x 480.

`embodied-mem bench models --only confusion` measures the simulated detector in the same way, on
houses that the numbers were not fitted on. The sources tell nothing of truncation, so that nothing
depends on it here; that a mask runs together with its neighbour they count as a bad place.
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.types import Float64Array, Int64Array

_COCO_PIXELS: Final = 640 * 480
SMALL: Final = 32**2 / _COCO_PIXELS
"""Share of the picture below which a thing shows small."""
LARGE: Final = 96**2 / _COCO_PIXELS
"""Share of the picture from which on a thing shows large."""
_MOST_GHOSTS: Final = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorModel:
    """How often a detector errs, per instance and frame; see the module for the default."""

    miss: float = 0.038
    """Chance that an instance is not found that shows large."""
    miss_medium: float = 0.051
    """The same for one of between `SMALL` and `LARGE` of the picture."""
    miss_small: float = 0.078
    """The same for one that shows small."""
    wrong_label: float = 0.04
    """Chance that it is found under the name of something else."""
    lookalike: float = 0.8
    """Share of wrong names that are those of things that look like it; the others are any."""
    merge: float = 0.02
    """Chance that its mask runs together with one that it touches in the picture."""
    partial: float = 0.11
    """Chance that its mask covers only 10 to 50 % of it."""
    ghosts: float = 1.0
    """How many things are found in a frame, on average, where there is nothing; those that would
    show too few pixels are not."""

    def __post_init__(self) -> None:
        """Checks that every chance lies in [0, 1], and that `ghosts` is not negative.

        Raises:
            ConfigError: If one does not.
        """
        for item in fields(self):
            value, most = getattr(self, item.name), _MOST_GHOSTS if item.name == "ghosts" else 1.0
            if not 0.0 <= value <= most:
                raise ConfigError(f"ErrorModel.{item.name} is {value}; expected 0 to {most:g}")

    def misses(self, pixels: Int64Array, picture: int) -> Float64Array:
        """Returns (n,) the chances that instances are missed.

        Args:
            pixels: (n,) how many pixels each shows.
            picture: How many the picture has.
        """
        share = pixels / picture
        chances: Float64Array = np.where(
            share < SMALL, self.miss_small, np.where(share < LARGE, self.miss_medium, self.miss)
        )
        return chances


EVEN_ERRORS: Final = ErrorModel(
    miss=0.05,
    miss_medium=0.05,
    miss_small=0.05,
    wrong_label=0.03,
    lookalike=1.0,
    merge=0.02,
    partial=0.0,
    ghosts=0.0,
)
"""What was the default before it was fitted: mild errors, whatever the size.

What was recorded, trained or published with it goes on with it, so that its figures can be made
again: the walks that the shipped allocators were trained on, the house evaluation with errors, and
the visits of `bench long`. It is no published detector's. The brain is not up to the fitted errors
yet: in the two houses from seed 3000 on, it answered 77 % of the questions right and made 3 false
claims, where these leave it at 100 % and none.
"""
