"""Bringing JSON to its end: what is chosen among the tokens that may come next."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.models.local.closing import Closer, in_string

TOKENS = (b"<end>", b'"', b"}", b"]", b",", b"{", b"[", b" ", b"a", b'"a', b"1", b' {"', b"\\")
CLOSER = Closer(TOKENS, frozenset({0}))


def among(written: bytes, *allowed: bytes) -> set[bytes]:
    which = np.array([token in allowed for token in TOKENS])
    chosen = CLOSER.towards_end(written, which)
    assert chosen.any() and not (chosen & ~which).any()
    return {token for token, kept in zip(TOKENS, chosen, strict=True) if kept}


def test_the_end_comes_first() -> None:
    assert among(b'{"a":1}', b"<end>", b" ") == {b"<end>"}


def test_a_text_is_closed_as_soon_as_it_may_be() -> None:
    assert among(b'{"a":"bc', b"a", b"}", b"]", b'"', b",") == {b'"'}
    assert among(b'{"a":"bc', b"a", b"1") == {b"a", b"1"}


def test_of_values_the_widest_is_left() -> None:
    assert among(b'{"a":[1', b"1", b",", b"]") == {b"]"}
    assert among(b'{"a":1', b"1", b",", b"}") == {b"}"}
    assert among(b'{"a":1', b"1", b",") == {b","}


def test_nothing_is_opened_that_need_not_be() -> None:
    assert among(b'{"a":', b"{", b"[", b' {"', b" ", b"1", b'"') == {b"1", b'"'}
    assert among(b'{"a":', b"{", b" ") == {b"{"}
    assert among(b'{"a":', b" ") == {b" "}


def test_a_vocabulary_without_single_signs_is_no_obstacle() -> None:
    closer = Closer((b"<end>", b'a"', b"b"), frozenset({0}))
    allowed = np.array([False, True, True])
    assert closer.towards_end(b'"', allowed).tolist() == [False, True, True]


@pytest.mark.parametrize("text", [b"", b'{"a":1', b'"a"', b'{"a":"\\""', b'["\\\\"'])
def test_outside_of_texts(text: bytes) -> None:
    assert not in_string(text)


@given(st.text(), st.data())
def test_inside_of_texts(text: str, data: st.DataObject) -> None:
    whole = json.dumps([text]).encode()
    cut = data.draw(st.integers(2, len(whole) - 2))
    assert in_string(whole[:cut])
    assert not in_string(whole)
