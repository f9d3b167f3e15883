"""What helped in one run is tried in the next: carried out by the real executor."""

from pathlib import Path

import numpy as np

from embodied_mem.brain.instruction import Instruction
from embodied_mem.brain.learning.skill_pool import SkillPool
from embodied_mem.brain.plan.executor import PlanExecutor
from embodied_mem.brain.plan.schema import Handler, Step
from embodied_mem.brain.skill import Status
from embodied_mem.memory import MemoryStore
from scripted_skills import Act, Stage, World

BAD = Act(ends=Status.FAILED)
GOOD = Act()
ASKED = Instruction(text="do it", action="look")


def run(stage: Stage, pool: SkillPool, *handlers: Handler, **args: object) -> PlanExecutor:
    """Carries one step out, and lets the pool hear of it."""
    step = Step(
        id="a",
        skill="do",
        args=args,  # type: ignore[arg-type]
        handlers=(*handlers, Handler(level="stop")),
    )
    executor = stage.run(stage.executor(step, recall=pool.recall))
    pool.add(ASKED, stage.world.state(), executor.plan, executor.report)
    return executor


def stage(instead: dict[str, tuple[str, ...]] | None = None, **scripts: list[Act]) -> Stage:
    return Stage(World("mug", "cup"), dict(scripts), instead or {})


def levels(executor: PlanExecutor) -> list[str]:
    return [event.level for event in executor.report.anomalies]


def test_another_skill_that_helped_is_recalled_in_the_next_session(tmp_path: Path) -> None:
    first = stage(do=[BAD], never=[Act(can=0.0)], other=[GOOD], instead={"do": ("never", "other")})
    with MemoryStore(tmp_path / "m") as store:
        pool = SkillPool(store, first.library(), {})
        executor = run(first, pool, Handler(level="alternative", times=3), target="mug")
        assert executor.status is Status.SUCCEEDED
        assert levels(executor) == ["alternative"]
    again = stage(do=[BAD], other=[GOOD])
    with MemoryStore(tmp_path / "m") as store:
        pool = SkillPool(store, again.library(), {})
        assert [(r.skill, r.category, r.instead) for r in pool.recoveries] == [
            ("do", "mug", "other")
        ]
        executor = run(again, pool, Handler(level="recall"), target="mug")
        assert again.names == ["do", "other"]
        assert levels(executor) == ["recall"]
        assert pool.recoveries[0].successes == 2
        assert store.verify().ok


def test_numbers_that_helped_are_recalled_for_things_of_that_class_alone() -> None:
    first = stage(do=[BAD, BAD, GOOD])
    pool = SkillPool(MemoryStore(), first.library(), {})
    run(first, pool, Handler(level="retry", times=3), target="mug", offset=0.01)
    helped = first.entered[-1].arguments["offset"]
    assert helped != 0.01
    second = stage(do=[BAD, GOOD])
    executor = run(second, pool, Handler(level="recall"), target="mug", offset=0.01)
    assert executor.status is Status.SUCCEEDED
    assert np.isclose(second.entered[-1].arguments["offset"], helped, rtol=1e-3)
    other = stage(do=[BAD, GOOD])
    executor = run(other, pool, Handler(level="recall"), target="cup", offset=0.01)
    assert executor.status is Status.FAILED and other.names == ["do"]


def test_what_no_longer_helps_is_no_longer_recalled() -> None:
    first = stage(do=[BAD], other=[GOOD], instead={"do": ("other",)})
    pool = SkillPool(MemoryStore(), first.library(), {})
    run(first, pool, Handler(level="alternative"), target="mug")
    for tries in (1, 2):
        worse = stage(do=[BAD], other=[BAD])
        run(worse, pool, Handler(level="recall", times=1), target="mug")
        assert worse.names == ["do", "other"][: 3 - tries]


def test_what_did_not_help_is_not_kept() -> None:
    first = stage(do=[BAD], other=[BAD], instead={"do": ("other",)})
    pool = SkillPool(MemoryStore(), first.library(), {})
    run(first, pool, Handler(level="alternative"), Handler(level="retry"), target="mug")
    assert pool.recoveries == ()
