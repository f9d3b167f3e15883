"""Joining memories: two robots' of one house, or two visits', in any order to the same result."""

from embodied_mem.memory.merging.identities import entombed as entombed
from embodied_mem.memory.merging.identities import reidentified as reidentified
from embodied_mem.memory.merging.merge import following as following
from embodied_mem.memory.merging.merge import merge as merge
from embodied_mem.memory.merging.merge import merge_files as merge_files

__all__ = ["entombed", "following", "merge", "merge_files", "reidentified"]
