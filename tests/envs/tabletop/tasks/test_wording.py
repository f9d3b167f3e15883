"""People ask in many ways; repeats are worded as no first run is."""

import string

import numpy as np
import pytest

from embodied_mem_envs.tabletop.tasks import FAMILIES, LEVELS, make_episode
from embodied_mem_envs.tabletop.tasks.wording import WORDINGS, word


@pytest.mark.parametrize("kind", WORDINGS)
def test_every_request_has_many_wordings_and_some_kept_back(kind: str) -> None:
    wording = WORDINGS[kind]
    assert len(set(wording.first)) >= 12 and len(set(wording.repeat)) >= 3
    assert set(wording.first).isdisjoint(wording.repeat)
    gaps = [
        {field for _, field, _, _ in string.Formatter().parse(sentence) if field}
        for sentence in (*wording.first, *wording.repeat)
    ]
    assert all(one == gaps[0] for one in gaps)
    assert all(s[-1] in ".?" and "  " not in s for s in (*wording.first, *wording.repeat))


def test_sentences_are_drawn_and_begin_with_a_capital() -> None:
    rng = np.random.default_rng(0)
    drawn = {word("stack", rng, a="red block", b="blue block") for _ in range(200)}
    assert len(drawn) == len(WORDINGS["stack"].first)
    assert all(text[0].isupper() for text in drawn)
    with pytest.raises(KeyError):
        word("stack", rng, a="red block")


@pytest.mark.parametrize("family", FAMILIES)
def test_instructions_name_one_thing_each(family: str) -> None:
    for level in LEVELS:
        for seed in range(6):
            episode = make_episode(family, level, seed)
            for role in ("target", "one", "other", "upper", "lower"):
                if role not in episode.roles:
                    continue
                item = episode.layout[episode.roles[role]]
                same = [other for other in episode.layout.items if other.kind == item.kind]
                text = episode.instruction.lower()
                assert item.kind in text
                assert len(same) == 1 or f"{item.colour} {item.kind}" in text
                assert sum(other.colour == item.colour for other in same) == 1
