"""What a skill window promises: few skills, the right ones, and who may move it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.brain.learning.skill_window import MODES, Mode, SkillWindow
from embodied_mem.brain.learning.window_figures import skill_window_figures
from embodied_mem.brain.learning.window_trial import Planner, make_library
from embodied_mem.brain.plan.schema import Plan, Step, Task
from embodied_mem.errors import ConfigError

LIBRARY = make_library(np.random.default_rng(0), 60)
NAMES = sorted(LIBRARY)


def plan_of(*skills: str) -> Plan:
    steps = tuple(Step(id=f"s{n}", skill=skill) for n, skill in enumerate(skills))
    return Plan(instruction="x", root=Task(id="root", goal="x", children=steps))


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(MODES),
    st.lists(
        st.tuples(
            st.sampled_from(["begin", "add", "remove", "follow"]),
            st.lists(st.sampled_from(NAMES), min_size=1, max_size=15),
        ),
        max_size=20,
    ),
)
def test_never_more_are_visible_and_some_always(
    mode: Mode, moves: list[tuple[str, list[str]]]
) -> None:
    window = SkillWindow(LIBRARY, mode, most=7, always=NAMES[:2])
    for action, names in moves:
        try:
            if action == "begin":
                window.begin(LIBRARY[names[0]].help)
            elif action == "follow":
                window.follow(plan_of(*names))
            else:
                getattr(window, action)(names)
        except ConfigError:
            pass
        assert len(window.visible) <= 7
        assert list(window.visible)[:2] == NAMES[:2]


def test_search_knows_only_words() -> None:
    window = SkillWindow(LIBRARY)
    name = NAMES[5]
    verb, thing, tool = name.split("_")
    assert window.search(f"now {verb}s {thing} {tool}")[0] == name
    assert window.search("kwyjibo") == ()
    for _ in range(3):
        window.learn(f"kwyjibo the {thing}", plan_of(name))
    assert name in window.search("kwyjibo", 5)


def test_a_plan_makes_its_skills_visible() -> None:
    plan = plan_of(*NAMES[:3])
    for mode in MODES:
        window = SkillWindow(LIBRARY, mode, most=4, always=NAMES[:1])
        window.begin(LIBRARY[NAMES[30]].help)
        window.follow(plan)
        assert set(NAMES[:3]) <= window.visible.keys()
    with pytest.raises(ConfigError, match="the plan uses 5 skills; 4 fit"):
        SkillWindow(LIBRARY, "workflow", most=4).follow(plan_of(*NAMES[:5]))


def test_who_may_move_it() -> None:
    workflow = SkillWindow(LIBRARY, "workflow")
    with pytest.raises(ConfigError, match="may not add"):
        workflow.add(NAMES[:1])
    autonomous = SkillWindow(LIBRARY, "autonomous", most=3)
    autonomous.begin(LIBRARY[NAMES[0]].help)
    assert not autonomous.visible
    autonomous.add(NAMES[:3])
    with pytest.raises(ConfigError, match="room for 0 more"):
        autonomous.add(NAMES[3:4])
    autonomous.remove(NAMES[:2])
    assert list(autonomous.visible) == NAMES[2:3]
    assert autonomous.removal_ratio() == pytest.approx(2 / 3)
    hybrid = SkillWindow(LIBRARY, "hybrid", most=3)
    hybrid.add(NAMES[:3])
    hybrid.add(NAMES[3:5])
    assert list(hybrid.visible) == NAMES[2:5]
    with pytest.raises(ConfigError, match="no skill is called"):
        hybrid.add(["fly"])
    with pytest.raises(ConfigError, match="always visible"):
        SkillWindow(LIBRARY, most=2, always=NAMES[:2])


def test_the_planner_of_the_trial_can_fail() -> None:
    planner = Planner(np.random.default_rng(0))
    name = NAMES[7]
    text = LIBRARY[name].help
    assert planner.choose(text, LIBRARY) == name
    others = {other: spec for other, spec in LIBRARY.items() if other != name}
    assert planner.choose(text, others) == ""


def test_few_visible_skills_serve_as_well_as_all() -> None:
    figures = skill_window_figures(2)
    assert figures["skill_window_success_all"] == 1.0
    assert figures["skill_window_success_gap"] <= 2.0
    assert figures["skill_window_most_visible"] <= 12
    assert figures["skill_window_tokens_ratio_hybrid"] <= 0.1
    for mode in ("workflow", "hybrid"):
        assert figures[f"skill_window_removal_{mode}"] >= 0.9
    assert figures["skill_window_success_workflow"] > 0.3
