"""Pictures' bytes: the same as the generic serialiser's, and strict about every one of them."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ObservationError

messages = pytest.importorskip("embodied_mem.robots.dds.messages")
IdlStruct = pytest.importorskip("cyclonedds.idl").IdlStruct
Endianness = pytest.importorskip("cyclonedds.idl._support").Endianness

HEADERS = st.builds(
    messages.Header,
    stamp=st.builds(
        messages.Time,
        sec=st.integers(-(2**31), 2**31 - 1),
        nanosec=st.integers(0, 2**32 - 1),
    ),
    frame_id=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=9),
)
TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=9)
WORDS = st.integers(0, 2**32 - 1)
PICTURES = st.builds(
    messages.Image,
    header=HEADERS,
    height=WORDS,
    width=WORDS,
    encoding=TEXTS,
    is_bigendian=st.integers(0, 255),
    step=WORDS,
    data=st.binary(max_size=50),
)
COMPRESSED = st.builds(
    messages.CompressedImage, header=HEADERS, format=TEXTS, data=st.binary(max_size=50)
)


def generic(message, **how) -> bytes:
    """What the library's own serialiser makes of it, field by field."""
    values = dict(vars(message), data=list(message.data))
    return IdlStruct.serialize(type(message)(**values), **how)


def padded(raw: bytes) -> bytes:
    return raw + bytes(-len(raw) % 4)


def same(one, other) -> bool:
    first, second = dict(vars(one)), dict(vars(other))
    return bytes(first.pop("data")) == bytes(second.pop("data")) and first == second


@settings(deadline=None)
@given(PICTURES | COMPRESSED)
def test_the_bytes_are_those_of_the_generic_serialiser(message):
    raw = message.serialize()
    assert raw == padded(generic(message))
    assert same(type(message).deserialize(raw), message)


@settings(deadline=None)
@given(PICTURES | COMPRESSED)
def test_both_byte_orders_and_both_encodings_are_read(message):
    for how in (
        {"endianness": Endianness.Big},
        {"use_version_2": True},
        {"use_version_2": True, "endianness": Endianness.Big},
    ):
        assert same(type(message).deserialize(padded(generic(message, **how))), message)


@settings(max_examples=300, deadline=None)
@given(message=PICTURES | COMPRESSED, data=st.data())
def test_bytes_that_were_changed_are_read_whole_or_refused(message, data):
    raw = bytearray(message.serialize())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(raw)))
    for damaged in (bytes(raw), bytes(raw[:end]), bytes(raw) + b"\0" * 4):
        try:
            read = type(message).deserialize(damaged)
        except ObservationError:
            continue
        assert len(read.data) <= len(damaged)


@settings(deadline=None)
@given(PICTURES, st.integers(1, 60))
def test_what_ends_too_early_or_too_late_is_refused(message, count):
    raw = message.serialize()
    whole = len(generic(message))
    with pytest.raises(ObservationError):
        messages.Image.deserialize(raw[: max(0, whole - count)])
    with pytest.raises(ObservationError):
        messages.Image.deserialize(raw + bytes(3 + count))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_no_picture(noise):
    for kind in (messages.Image, messages.CompressedImage):
        with suppress(ObservationError):
            kind.deserialize(noise)


def test_a_length_that_would_fill_the_memory_is_refused_at_once():
    raw = bytearray(messages.Image(data=b"1234").serialize())
    raw[-8:-4] = b"\xff\xff\xff\xff"
    with pytest.raises(ObservationError, match="4294967295"):
        messages.Image.deserialize(bytes(raw))


def test_arrays_are_written_as_they_are_and_read_without_a_copy():
    pixels = np.arange(24, dtype="<u2").reshape(4, 6)
    raw = messages.Image(data=pixels).serialize()
    read = messages.Image.deserialize(raw)
    assert np.array_equal(np.asarray(read.data).view("<u2").reshape(4, 6), pixels)
    assert not read.data.flags.writeable
    assert np.shares_memory(read.data, np.frombuffer(raw, np.uint8))


@settings(deadline=None)
@given(st.floats(0.0, 4e9))
def test_stamps_keep_their_time(seconds):
    stamp = messages.stamp_of(seconds)
    assert 0 <= stamp.nanosec < 1_000_000_000
    assert messages.time_of(stamp) == pytest.approx(seconds, abs=2e-6)
