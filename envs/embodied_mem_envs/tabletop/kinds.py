"""All shapes of the catalogue by name; `catalogue` centres them."""

from embodied_mem_envs.tabletop.kitchen import KITCHEN_KINDS
from embodied_mem_envs.tabletop.solids import Raw, one
from embodied_mem_envs.tabletop.toys import TOY_KINDS

RAW_KINDS: dict[str, Raw] = {**TOY_KINDS, **KITCHEN_KINDS}
"""All shapes by kind."""

OBSTACLE_KIND = Raw(parts=one("box", (0.05, 0.20, 0.40)), colours=("brown",), mass=0.0, height=0.2)
"""The box that someone puts in the way; nothing to grasp, so not in the catalogue."""
