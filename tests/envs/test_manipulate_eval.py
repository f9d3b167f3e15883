"""The evaluation at the tabletop: real episodes with a tiny scripted agent, sealed, resumable."""

import time
from pathlib import Path

import msgspec
import pytest

from embodied_mem.errors import BodyError, ConfigError, EvaluationError
from embodied_mem_envs.evaluation.manipulate import (
    RECORDS,
    ManipulateEvalConfig,
    cases_of,
    evaluate_manipulate,
)
from embodied_mem_envs.evaluation.manipulate_agent import AgentFactory, AgentResult, load_agent
from embodied_mem_envs.evaluation.manipulate_episode import EpisodeSetup, run_episode
from embodied_mem_envs.evaluation.manipulate_faults import FAULT_PLANS, fault_names, fault_spec
from embodied_mem_envs.evaluation.manipulate_records import Case, EpisodeRecord, RecordFile
from embodied_mem_envs.tabletop.faults import FAULTS
from embodied_mem_envs.tabletop.tasks import FAMILIES
from scripted_stacker import Idler, Stacker

pytest.importorskip("pybullet")
STACK = Case(family="stack", level=1, seed=3)


def run(case: Case, make: AgentFactory, folder: Path, seconds: float = 60.0) -> EpisodeRecord:
    setup = EpisodeSetup(agent="stacker", folder=folder, seconds=seconds)
    return run_episode(case, make, setup)


def test_an_agent_that_does_it_succeeds_by_the_truth(tmp_path: Path) -> None:
    record = run(STACK, Stacker, tmp_path)
    assert record.success and record.claimed and record.progress == 1.0 and record.why == ""
    assert record.error == "" and record.model_calls == 1 and record.anomalies == ()
    assert record.fired is None and not record.false_alarm
    assert record.ticks > 400 and record.tick_cpu_ms > 0.0
    assert "looked at nothing" in record.report


def test_an_agent_that_only_says_so_fails(tmp_path: Path) -> None:
    class Liar(Stacker):
        def do(self, instruction: str) -> AgentResult:
            return AgentResult(success_claimed=True)

    record = run(STACK, Liar, tmp_path)
    assert record.claimed and not record.success and "does not stand on" in record.why


@pytest.mark.parametrize("fault", ["incomplete_grasp", "slip"])
def test_a_fault_acts_and_is_noticed_in_time(fault: str, tmp_path: Path) -> None:
    record = run(msgspec.structs.replace(STACK, fault=fault, factor=1.6), Stacker, tmp_path)
    assert record.fired is not None and record.victim == "green_block"
    assert record.noticed and not record.false_alarm
    assert record.anomalies[0].kind == "grip"


def test_a_model_that_does_not_answer_is_a_fault_too(tmp_path: Path) -> None:
    record = run(msgspec.structs.replace(STACK, fault="model_timeout"), Stacker, tmp_path)
    assert record.fired is not None and record.noticed and record.success
    assert record.model_calls == 2
    assert [note.kind for note in record.anomalies] == ["model_timeout"]


def test_the_truth_is_out_of_reach(tmp_path: Path) -> None:
    caught: list[str] = []

    class Spy(Stacker):
        def look_behind(self) -> None:
            import pybullet

            assert not hasattr(self.body, "truth") and not hasattr(self.body, "place_object")
            with pytest.raises(BodyError, match="sealed"):
                pybullet.getBasePositionAndOrientation(0)
            with pytest.raises(BodyError, match="sealed"):
                self.body.sense.__self__._sense.__self__.truth()  # type: ignore[attr-defined]
            caught.append(self.calls[-1])

        def watch(self) -> None:
            super().watch()
            self.look_behind()

        def new_session(self) -> None:
            super().new_session()
            self.look_behind()

        def do(self, instruction: str) -> AgentResult:
            self.look_behind()
            return AgentResult(success_claimed=False)

    record = run(Case(family="fetch", level=3, seed=1), Spy, tmp_path)
    assert record.error == "" and not record.success
    assert caught.count("watch") > 6 and caught.count("new_session") == 1


def test_memory_and_skills_are_kept_as_the_case_says(tmp_path: Path) -> None:
    class Learner(Stacker):
        def do(self, instruction: str) -> AgentResult:
            assert self.context.memory is not None and self.context.skills is not None
            known = (self.context.skills / "known").exists()
            remembered = (self.context.memory / "seen").exists()
            (self.context.skills / "known").touch()
            (self.context.memory / "seen").touch()
            return AgentResult(success_claimed=False, answer=f"{known} {remembered}")

    again = msgspec.structs.replace(STACK, run="repeat")
    answers = [run(case, Learner, tmp_path).answer for case in (STACK, again, STACK)]
    assert answers == ["False False", "True False", "False False"]
    setup = EpisodeSetup(agent="stacker", folder=tmp_path, memory=False)
    assert "AssertionError" in run_episode(STACK, Learner, setup).error


def test_an_agent_that_breaks_or_dawdles_fails_its_episode_only(tmp_path: Path) -> None:
    class Broken(Stacker):
        def do(self, instruction: str) -> AgentResult:
            raise ZeroDivisionError("oh")

    class Slow(Stacker):
        def do(self, instruction: str) -> AgentResult:
            try:
                time.sleep(60.0)
            except Exception:
                raise AssertionError("an agent can swallow its time limit") from None
            return AgentResult(success_claimed=True)

    assert "ZeroDivisionError: oh" in run(STACK, Broken, tmp_path).error
    slow = run(STACK, Slow, tmp_path, seconds=0.5)
    assert "0.5 s" in slow.error and not slow.success and slow.wall_s < 5.0


def test_an_evaluation_goes_on_where_it_was(tmp_path: Path) -> None:
    config = ManipulateEvalConfig(families=("stack",), levels=(1,), seeds=2, first_seed=3)
    made: list[Idler] = []

    def make() -> Idler:
        made.append(Idler())
        return made[-1]

    first = evaluate_manipulate(config, tmp_path, agent="s", make_agent=make)
    lines = (tmp_path / RECORDS).read_bytes().splitlines(keepends=True)
    assert len(first) == len(lines) == len(made) == 2
    assert made[0].calls == ["start", "watch", "do", "close"]
    (tmp_path / RECORDS).write_bytes(lines[0] + lines[1][:80])  # cut off while it was written
    told: list[int] = []
    again = evaluate_manipulate(
        config, tmp_path, agent="s", make_agent=make, resume=True,
        on_record=lambda record: told.append(record.case.seed),
    )  # fmt: skip
    assert len(made) == 3 and told == [3, 4]
    assert [record.case for record in again] == [record.case for record in first]
    assert RecordFile(tmp_path / RECORDS).find("s", True, again[1].case) == again[1]
    evaluate_manipulate(config, tmp_path, agent="other", make_agent=make)
    assert len(RecordFile(tmp_path / RECORDS).records) == 4
    evaluate_manipulate(config, tmp_path, agent="s", make_agent=make)
    assert len(made) == 7


def test_episodes_can_be_spread_over_processes(tmp_path: Path) -> None:
    config = ManipulateEvalConfig(families=("stack",), levels=(1,), seeds=2, first_seed=3)
    records = evaluate_manipulate(config, tmp_path, agent="scripted_stacker:Idler", jobs=2)
    assert [record.case.seed for record in records] == [3, 4]
    assert all("does not stand on" in record.why and not record.error for record in records)
    with pytest.raises(ConfigError, match="jobs=1"):
        evaluate_manipulate(config, tmp_path, agent="s", make_agent=Stacker, jobs=2)


def test_cases_take_families_levels_and_faults_in_turn() -> None:
    config = ManipulateEvalConfig(seeds=20, faults=FAULTS, repeat=True)
    groups = list(cases_of(config))
    plain = [group for group in groups if not group[0].fault]
    assert len(plain) == 200 and all(len(group) == 2 for group in plain)
    assert all(one.seed == two.seed and two.run == "repeat" for one, two in plain)
    for fault in FAULTS:
        own = [group[0] for group in groups if group[0].fault == fault]
        assert len(own) == 20 and len({case.seed for case in own}) == 20
        assert {case.family for case in own} == set(FAULT_PLANS[fault].families)
        assert {case.level for case in own} == set(FAULT_PLANS[fault].levels)
    assert len({group[0] for group in groups}) == len(groups)


def test_faults_are_planned_for_every_name_and_stay_in_range() -> None:
    assert set(FAULT_PLANS) == set(FAULTS)
    for name in FAULTS:
        assert set(FAULT_PLANS[name].families) <= set(FAMILIES)
        assert fault_spec(name, 0.001).size <= fault_spec(name).size <= fault_spec(name, 99.0).size
    assert fault_names("none") == () and fault_names("all") == FAULTS
    assert fault_names("slip, rotation") == ("slip", "rotation")
    with pytest.raises(ConfigError, match="did you mean 'slip'"):
        fault_names("slipp")


def test_wrong_settings_are_named() -> None:
    with pytest.raises(ConfigError, match="did you mean 'stack'"):
        ManipulateEvalConfig(families=("stak",))
    with pytest.raises(ConfigError, match="nothing to run"):
        ManipulateEvalConfig(clean=False)
    with pytest.raises(ConfigError, match="levels"):
        ManipulateEvalConfig(levels=())
    with pytest.raises(ConfigError, match="did you mean 'full'"):
        load_agent("ful")
    with pytest.raises(EvaluationError, match="cannot be loaded"):
        load_agent("scripted_stacker:Nobody")
