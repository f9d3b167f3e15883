"""Answers made malformed: every way does it, as often as asked, the same for a seed."""

import json
from typing import Any

import msgspec
import numpy as np
import pytest

from embodied_mem.brain.asking.replies import call_type
from embodied_mem.brain.tools import memory_tools
from embodied_mem.errors import ConfigError
from embodied_mem.memory import MemoryStore
from embodied_mem.testing.garbling import WAYS, Garbling
from embodied_mem_envs.bench.models.malformed_calls import Knowing

CALL: Any = call_type(memory_tools(MemoryStore(), write=True).values())
ARGUMENTS = {"query": 'the "old" mug', "k": 3, "kinds": ["fact", "event"], "place": None}
TEXT = json.dumps({"tool": "recall", "arguments": ARGUMENTS})


def garbling(rate: float, seed: int = 0, **about: Any) -> Garbling:
    model = Knowing()
    model.text = TEXT
    return Garbling(model, rate, np.random.default_rng(seed), reply=CALL, **about)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_makes_an_answer_malformed(way: str) -> None:
    client = garbling(1.0, ways=[way])
    for _ in range(20):
        text = client.complete([]).text
        assert client.last == way
        with pytest.raises((msgspec.DecodeError, UnicodeEncodeError)):
            msgspec.json.decode(text, type=CALL)
    assert client.drawn == {way: 20}


def test_the_rate_is_kept_and_the_rest_passes_unchanged() -> None:
    client = garbling(0.3)
    texts = [client.complete([]).text for _ in range(1000)]
    changed = [text for text in texts if text != TEXT]
    assert len(changed) == client.drawn.total()
    assert 250 <= len(changed) <= 350
    assert client.asked == 1000 and len(client.drawn) == len(WAYS)


def test_a_seed_gives_the_same_answers() -> None:
    one, two = garbling(0.5, 3), garbling(0.5, 3)
    assert [one.complete([]) for _ in range(50)] == [two.complete([]) for _ in range(50)]


def test_what_no_way_fits_is_told() -> None:
    client = garbling(1.0, ways=["wrong_choice"])
    assert isinstance(client.client, Knowing)
    client.client.text = '{"tool": "where_is", "arguments": {"thing": "mug"}}'
    assert not client.can(client.client.text)
    with pytest.raises(ConfigError, match="malformed"):
        client.complete([])


@pytest.mark.parametrize("about", [{"rate": 1.5}, {"rate": 0.3, "ways": ["upside_down"]}])
def test_settings_are_checked(about: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="expected"):
        garbling(**about)
