"""Several threads over one store: what is asked goes before what is written."""

from embodied_mem.memory.lanes.ingest import Acknowledgement as Acknowledgement
from embodied_mem.memory.lanes.ingest import Consolidates as Consolidates
from embodied_mem.memory.lanes.lanes import Lanes as Lanes
from embodied_mem.memory.lanes.lanes import LanesConfig as LanesConfig

__all__ = ["Acknowledgement", "Consolidates", "Lanes", "LanesConfig"]
