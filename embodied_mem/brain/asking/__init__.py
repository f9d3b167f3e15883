"""Questions answered by models that look things up in a memory, with proof for every answer."""

from embodied_mem.brain.asking.answerer import ModelAnswerer as ModelAnswerer
from embodied_mem.brain.asking.asked import Asked as Asked
from embodied_mem.brain.asking.asked import AskedStatus as AskedStatus
from embodied_mem.brain.asking.asked import Called as Called
from embodied_mem.brain.asking.asked import Spent as Spent
from embodied_mem.brain.asking.pictures import store_pictures as store_pictures
from embodied_mem.brain.asking.proof import Proof as Proof

__all__ = [
    "Asked",
    "AskedStatus",
    "Called",
    "ModelAnswerer",
    "Proof",
    "Spent",
    "store_pictures",
]
