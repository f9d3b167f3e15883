"""Checks for parts that others write: a body, an allocator, a segmenter, a store's medium.

Each takes a part (or what makes one), uses it as the brain would, and raises `ContractError` with
what is wrong, or returns None; as `gymnasium.utils.env_checker.check_env` does for environments.
"""

from embodied_mem.testing.allocator import check_allocator
from embodied_mem.testing.body import check_body
from embodied_mem.testing.segmenter import check_segmenter
from embodied_mem.testing.store import check_store

__all__ = ["check_allocator", "check_body", "check_segmenter", "check_store"]
