"""The worlds that retrieval is judged in repeat, and needed records answer what is asked."""

import numpy as np

from embodied_mem.memory import Filter
from embodied_mem.memory.reranking import LinearReranker
from embodied_mem.memory.text import text_of
from embodied_mem_envs.bench.long.links_world import Week
from embodied_mem_envs.bench.long.rerank_cases import WEEK_LINKS, tales
from embodied_mem_envs.bench.long.rerank_trial import AFTER, BEFORE, run_course
from embodied_mem_envs.bench.long.rerank_world import KINDS, Household


def test_a_household_repeats_and_seeds_differ() -> None:
    first, second, other = Household(3), Household(3), Household(4)
    assert first.store.digest() == second.store.digest() != other.store.digest()
    asked = [[house.ask(kind) for kind in KINDS] for house in (first, second)]
    assert asked[0] == asked[1]


def test_the_needed_record_is_what_its_kind_says() -> None:
    house = Household(5)
    records = {record.id: record for record in house.store.records(payload=False)}
    for _ in range(20):
        latest, nearest, past = (house.ask(kind) for kind in ("latest", "nearest", "past"))
        thing = text_of(records[latest.needed])
        assert any(word in thing for word in latest.text.strip("?").split())
        assert nearest.pose is not None and nearest.time is None
        standing = records[nearest.needed].pose
        assert standing is not None
        assert past.time is not None and latest.time is None
        assert records[past.needed].valid_from <= past.time + 100


def test_a_course_asks_both_the_same_and_starts_alike() -> None:
    course = run_course(1, (BEFORE, AFTER), 15, LinearReranker)
    assert len(course.static) == len(course.learned) == 30
    untaught = run_course(1, (BEFORE, AFTER), 15, LinearReranker, feedback=False)
    assert np.array_equal(untaught.static, untaught.learned)
    assert np.array_equal(untaught.static, course.static)
    assert course.windows(15, 5).shape == (11,)


def test_two_hop_answers_are_one_link_away_and_share_no_name() -> None:
    week = Week(2)
    for link in WEEK_LINKS:
        for _ in range(5):
            question = week.two_hops(link)
            assert question.needed
            for needed in question.needed:
                slot = week.store.slot_of(needed)
                assert len(week.store.neighbours(slot))
    assert week.store.digest() == Week(2).store.digest()


def test_tales_ask_only_for_what_the_asker_may_know() -> None:
    cases = list(tales(1, 1))
    assert len(cases) > 10
    for case in cases:
        assert case.filter.viewer
        allowed = case.store.query(Filter(status="any", viewer=case.filter.viewer), payload=False)
        assert case.needed <= {record.id for record in allowed}
