"""Real sentence vectors, kept in the user's cache because embedding them takes minutes."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.memory.search.minilm import MiniLmEmbedder
from embodied_mem.types import Float32Array
from embodied_mem_envs.bench.store.sentences import sentences

_SEED: Final = 11
_VERSION: Final = 1
"""Of the sentences; another one makes other files."""


def embedded_sentences(count: int, note: Callable[[str], None]) -> Float32Array:
    """Returns (count, 384) unit vectors of distinct sentences; the first ones are always the same.

    Raises:
        MissingExtraError: If the extra `text` is not installed and they are not in the cache.
    """
    path = _cache_file()
    kept = np.load(path, allow_pickle=False) if path.exists() else np.zeros((0, 384), np.float32)
    if len(kept) < count:
        note(f"embedding {count - len(kept)} sentences; they are kept in {path}")
        fresh = MiniLmEmbedder().embed(sentences(count, _SEED)[len(kept) :])
        kept = np.concatenate([kept, fresh])
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.stem}.{os.getpid()}.npy")
        np.save(partial, kept, allow_pickle=False)
        partial.replace(path)
    vectors: Float32Array = np.asarray(kept[:count], np.float32)
    return vectors


def _cache_file() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "embodied_mem" / f"minilm-sentences-{_VERSION}.npy"
