"""Mends what a model wrote into what it was asked for; what would have to be guessed is refused."""

from embodied_mem.models.mending.finding import LONGEST as LONGEST
from embodied_mem.models.mending.mend import Mended as Mended
from embodied_mem.models.mending.mend import mend as mend

__all__ = ["LONGEST", "Mended", "mend"]
