"""How long is waited between tries."""

import email.utils
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.models.http.config import HttpConfig
from embodied_mem.models.http.retries import Waits, seconds_in


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_waits_stay_below_the_ceiling_and_end(retry: int, seed: int) -> None:
    config = HttpConfig(retries=40, first_wait=0.5, longest_wait=8.0)
    wait = Waits(config, np.random.default_rng(seed)).before(retry)
    if retry > 40:
        assert wait is None
    else:
        assert wait is not None
        assert 0.0 <= wait <= min(8.0, 0.5 * 2.0**retry)


def test_clients_that_failed_together_do_not_come_back_together() -> None:
    waits = [Waits(HttpConfig(), np.random.default_rng(seed)).before(3) for seed in range(200)]
    told = [wait for wait in waits if wait is not None]
    assert len(told) == 200
    assert np.std(told) > 0.8  # of 0 to 4 s: spread all over it


@given(st.floats(0.0, 30.0), st.integers(0, 2**32 - 1))
def test_the_servers_word_is_kept(asked: float, seed: int) -> None:
    wait = Waits(HttpConfig(longest_wait=30.0), np.random.default_rng(seed)).before(1, repr(asked))
    assert wait is not None
    assert asked <= wait <= asked + 0.5


@given(st.text(max_size=40))
def test_any_header_is_a_time_or_none(text: str) -> None:
    seconds = seconds_in(text)
    assert seconds is None or seconds >= 0.0


def test_a_date_is_a_time_from_now() -> None:
    seconds = seconds_in(email.utils.formatdate(time.time() + 90.0, usegmt=True))
    assert seconds == pytest.approx(90.0, abs=3.0)
    assert seconds_in(email.utils.formatdate(0.0, usegmt=True)) == 0.0
