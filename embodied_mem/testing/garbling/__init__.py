"""A model's answers made malformed in the ways in which real models' are."""

from embodied_mem.testing.garbling.answer import Answer as Answer
from embodied_mem.testing.garbling.garbling import WAYS as WAYS
from embodied_mem.testing.garbling.garbling import Garbling as Garbling

__all__ = ["WAYS", "Answer", "Garbling"]
