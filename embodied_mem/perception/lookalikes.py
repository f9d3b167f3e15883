"""Which categories a detector is prone to take for one another."""

from collections.abc import Sequence

import numpy as np

from embodied_mem.perception.segmentation import UNKNOWN_CATEGORY

LOOKALIKES: tuple[tuple[str, ...], ...] = (
    ("armchair", "sofa", "bed", "bench"),
    ("chair", "office chair", "armchair", "bench"),
    ("coffee table", "dining table", "desk", "console table", "ironing board"),
    ("nightstand", "dresser", "filing cabinet", "bathroom cabinet", "sideboard", "tv stand"),
    ("bookshelf", "storage shelf", "shoe rack", "wardrobe"),
    ("kitchen counter", "sideboard", "desk"),
    ("refrigerator", "wardrobe", "filing cabinet"),
    ("stove", "dishwasher", "washing machine", "dryer", "microwave"),
    ("sink", "washbasin", "bathtub", "toilet"),
    ("television", "monitor", "laptop", "picture frame"),
    ("microwave", "toaster", "printer", "speaker"),
    ("kettle", "pot", "vase", "mug"),
    ("plate", "bowl", "fruit basket"),
    ("mug", "bowl", "candle", "soap dispenser"),
    ("bottle", "detergent bottle", "soap dispenser", "vase"),
    ("trash can", "bucket", "laundry basket", "umbrella stand", "paint can"),
    ("floor lamp", "coat stand", "broom", "umbrella stand"),
    ("table lamp", "desk lamp", "vase", "potted plant"),
    ("cushion", "pillow", "towel", "teddy bear"),
    ("book", "laptop", "keyboard", "picture frame"),
    ("alarm clock", "speaker", "toaster", "globe"),
    ("cardboard box", "toolbox", "suitcase", "backpack"),
    ("vacuum cleaner", "suitcase", "bucket"),
    ("shoe", "book", "towel"),
    ("toilet paper", "paint can", "candle"),
    ("ladder", "storage shelf", "ironing board"),
)
"""Groups of categories of like shape or use."""


def wrong_label(category: str, seen: Sequence[str], rng: np.random.Generator) -> str:
    """Draws a plausible wrong name for a thing.

    Args:
        category: Its right name.
        seen: Categories to draw from where nothing is known to look like it.
        rng: The source of chance.

    Returns:
        A look-alike; else another of `seen`; else `UNKNOWN_CATEGORY`.
    """
    group = {name for names in LOOKALIKES if category in names for name in names}
    others = sorted(group - {category}) or sorted(set(seen) - {category})
    return others[int(rng.integers(len(others)))] if others else UNKNOWN_CATEGORY


def any_label(category: str, rng: np.random.Generator) -> str:
    """Draws a wrong name for a thing among all that look like something, whatever it looks like."""
    others = [name for name in _ALL if name != category]
    return others[int(rng.integers(len(others)))]


_ALL = tuple(sorted({name for names in LOOKALIKES for name in names}))
