"""Settings of a model server: searched once for each server, model and machine, then kept.

Throughput of a server over its settings is irregular, and the best of one machine is not the best
of another (`docs` name the paper): so they are measured, a quarter of them, in a good order.
"""

from embodied_mem.models.tuning.kept import Kept as Kept
from embodied_mem.models.tuning.kept import tuned_settings as tuned_settings
from embodied_mem.models.tuning.searcher import Searcher as Searcher
from embodied_mem.models.tuning.space import Setting as Setting
from embodied_mem.models.tuning.space import Space as Space

__all__ = ["Kept", "Searcher", "Setting", "Space", "tuned_settings"]
