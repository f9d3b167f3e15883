"""The memory that embodied agents are missing.

The public surface is small: what a sensor gives (`Observation`, `Intrinsics`), what a body is
told (`Command`), and one error type. Everything else lives in the subpackage that its noun names
(`scene`, `memory`, `brain`, ...).
"""

from embodied_mem.errors import EmbodiedMemError as EmbodiedMemError
from embodied_mem.types import Command as Command
from embodied_mem.types import Intrinsics as Intrinsics
from embodied_mem.types import Observation as Observation

__version__ = "0.1.0"

__all__ = ["Command", "EmbodiedMemError", "Intrinsics", "Observation", "__version__"]
