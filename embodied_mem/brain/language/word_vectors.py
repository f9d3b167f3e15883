"""Vectors of what is known of household words, made once and shipped: to embed them takes long."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from embodied_mem.assets import asset_path
from embodied_mem.brain.language.described_words import described_words, names_of, sayings_of
from embodied_mem.files import write_bytes
from embodied_mem.memory.search.embedders import TextEmbedder
from embodied_mem.types import Float32Array

FILE: Final = "embedders/household_words.safetensors"


def vectors_of(texts: Sequence[str], embedder: TextEmbedder) -> Float32Array:
    """Returns float32 (n, dimension) unit rows: shipped ones where there are, others embedded."""
    shipped = _shipped(embedder.name) if texts else {}
    missing = [text for text in dict.fromkeys(texts) if text not in shipped]
    made = dict(zip(missing, embedder.embed(missing), strict=True)) if missing else {}
    rows = [shipped[text] if text in shipped else made[text] for text in texts]
    return np.asarray(rows, np.float32).reshape(len(texts), embedder.dimension)


def known_texts() -> tuple[str, ...]:
    """Returns every text that is known of a household word, in a fixed order."""
    words = described_words().items()
    texts = (text for word, told in words for text in (*names_of(word, told), *sayings_of(told)))
    return tuple(dict.fromkeys(texts))


def save_vectors(path: Path, embedder: TextEmbedder) -> None:
    """Writes the vectors of `known_texts`, a byte a component."""
    texts = known_texts()
    rows = embedder.embed(texts)
    scale = np.abs(rows).max(axis=1, keepdims=True) / 127.0
    tensors = {"rows": np.rint(rows / scale).astype(np.int8)}
    write_bytes(path, save(tensors, {"space": embedder.name, "texts": _digest(texts)}))


def shipped_space() -> str:
    """Returns whose vectors are shipped; empty where they are of other texts than the known."""
    with safe_open(asset_path(FILE), framework="numpy") as file:
        about = file.metadata()
    return about["space"] if about["texts"] == _digest(known_texts()) else ""


@lru_cache(maxsize=1)
def _shipped(space: str) -> Mapping[str, Float32Array]:
    if space != shipped_space():
        return {}
    with safe_open(asset_path(FILE), framework="numpy") as file:
        rows = file.get_tensor("rows").astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return dict(zip(known_texts(), rows, strict=True))


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
