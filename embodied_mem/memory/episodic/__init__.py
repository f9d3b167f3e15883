"""Episodes: what was seen and done, with time and place, as views over the records of a memory."""

from embodied_mem.memory.episodic.chunks import Chunk as Chunk
from embodied_mem.memory.episodic.chunks import Summary as Summary
from embodied_mem.memory.episodic.entries import Entries as Entries
from embodied_mem.memory.episodic.entries import read_entries as read_entries
from embodied_mem.memory.episodic.episodes import Episodes as Episodes
from embodied_mem.memory.episodic.episodes import EpisodicArrays as EpisodicArrays
from embodied_mem.memory.episodic.episodes import View as View
from embodied_mem.memory.episodic.online_places import OnlinePlaces as OnlinePlaces
from embodied_mem.memory.episodic.online_places import OnlinePlacesConfig as OnlinePlacesConfig
from embodied_mem.memory.episodic.place_memory import PlaceMemory as PlaceMemory
from embodied_mem.memory.episodic.vectors import PictureVectors as PictureVectors
from embodied_mem.memory.episodic.vectors import StoredVectors as StoredVectors
from embodied_mem.memory.episodic.vectors import VectorSource as VectorSource

__all__ = [
    "Chunk",
    "Entries",
    "Episodes",
    "EpisodicArrays",
    "OnlinePlaces",
    "OnlinePlacesConfig",
    "PictureVectors",
    "PlaceMemory",
    "StoredVectors",
    "Summary",
    "VectorSource",
    "View",
    "read_entries",
]
