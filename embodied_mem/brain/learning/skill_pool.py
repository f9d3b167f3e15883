"""The skill pool: plans that worked, bound to other things and poses, so that no model is asked.

Only what was verified enters. What is found is bound to the scene at hand, checked, and handed
out only if it can begin; else the answer is None, and the cortex is asked. FrankenBot's incremental
skill pool and AssistGPT's learner are the models; both keep traces, this keeps what is general.
"""

from typing import Final, final

import msgspec

from embodied_mem.brain.instruction import Instruction
from embodied_mem.brain.learning.methods.applying import (
    bind_method,
    merged,
    operators_of,
    read_method,
)
from embodied_mem.brain.learning.methods.frames import canonical, frame_key
from embodied_mem.brain.learning.methods.method import Assembled, Method, Rigid
from embodied_mem.brain.learning.methods.scene import Scene
from embodied_mem.brain.learning.methods.template import NotGeneralError
from embodied_mem.brain.learning.recoveries import RecoveryFact, category_of, remedies_in
from embodied_mem.brain.learning.skill_records import Kept, SkillFact, SkillRecords, worth
from embodied_mem.brain.plan.report import ExecutionReport
from embodied_mem.brain.plan.schema import Anomaly, Node, Plan, Step
from embodied_mem.brain.planning.situation import Situation
from embodied_mem.brain.skill import SkillLibrary
from embodied_mem.brain.state import State
from embodied_mem.memory import MemoryStore
from embodied_mem.robots.arm import WorkCell

MOST: Final = 500


@final
class SkillPool:
    """Learns from plans that worked, and makes plans of what it learned.

    Args:
        store: What lasts; skills of earlier sessions in it are known again.
        library: The skills that there are.
        cell: The fixtures.
        most: Records of the pool at most; beyond that, what is worth least is deleted.
    """

    def __init__(
        self,
        store: MemoryStore,
        library: SkillLibrary,
        cell: WorkCell,
        *,
        most: int = MOST,
    ) -> None:
        self.why = ""
        """Why the last `find` or `add` came to nothing, in words."""
        self._library, self._cell = library, cell
        self._records = SkillRecords(store, most)
        self._handed: dict[str, tuple[str, bytes]] = {}
        """Of each key: the record of the skill that was handed out last, and the plan."""
        self._seen: dict[str, Scene] = {}
        """Of each key: the scene that was asked about last."""
        self._keys: dict[str, list[Kept[SkillFact]]] = {}
        self._operators: dict[str, Node] = {}
        self._index()

    def __len__(self) -> int:
        return len(self._records.skills)

    @property
    def skills(self) -> tuple[SkillFact, ...]:
        """What is known of each skill, best first."""
        facts = [kept.fact for kept in self._records.skills.values()]
        return tuple(sorted(facts, key=worth, reverse=True))

    @property
    def recoveries(self) -> tuple[RecoveryFact, ...]:
        """What is known to help when steps fail, best first."""
        facts = [kept.fact for kept in self._records.recoveries.values()]
        return tuple(sorted(facts, key=worth, reverse=True))

    def find(
        self,
        instruction: Instruction,
        situation: Situation | State,
    ) -> Plan | None:
        """Returns a plan that needs no model, or None.

        Args:
            instruction: What is asked for.
            situation: What is believed and remembered now; a state where nothing is remembered.

        Returns:
            A plan that passes `check_plan` and whose first step's pre-conditions hold. `why` says
            why there is none.
        """
        if self._records.drop_missing():
            self._index()
        key = frame_key(instruction, self._cell)
        scene = self._scene(instruction, situation)
        self._seen[key] = scene
        self.why = f"nothing was learned for {key!r}"
        for kept in self._keys.get(key, ()):
            assert kept.method is not None
            try:
                plan = bind_method(kept.method, self._operators, scene, self._library)
            except NotGeneralError as error:
                self.why = str(error)
                continue
            self._handed[key] = (kept.id, msgspec.json.encode(plan))
            self.why = ""
            return plan
        return None

    def add(
        self,
        instruction: Instruction,
        before: Situation | State,
        plan: Plan,
        report: ExecutionReport,
    ) -> bool:
        """Learns from a run, of a plan that was found here or that the cortex made.

        Args:
            instruction: What was asked for.
            before: What was believed and remembered when the plan was made. Of a state that
                `find` was asked about last for such an instruction, what was remembered is known.
            plan: What was carried out, with what was planned anew in its place.
            report: What came of it.

        Returns:
            Whether the pool knows how to do it now: not where it was not verified, nor where
            nothing of the plan is of use elsewhere, which `why` explains.

        Raises:
            StoreFullError: If the disk is full or read-only.
        """
        scene, key = self._scene(instruction, before), frame_key(instruction, self._cell)
        seen, tick = self._seen.pop(key, None), scene.state.tick
        if seen is not None and seen.state is before:
            scene = seen
        self._learn_recoveries(plan, report, scene.state)
        record_id, handed = self._handed.pop(key, ("", b""))
        used = self._records.skills.get(record_id)
        if not report.verified:
            self.why = "the plan was not verified to have worked"
            if used is not None:
                self._count(used, tick, worked=False)
            return False
        if used is not None and report.replans == 0 and handed == msgspec.json.encode(plan):
            self._count(used, tick, worked=True)
            return True
        try:
            method = read_method(plan, scene)
        except NotGeneralError as error:
            self.why = str(error)
            return False
        return self._learn(key, instruction.text, method, tick)

    def recall(self, step: Step, anomaly: Anomaly, state: State) -> Step | None:
        """Returns a step with what helped before when such a step failed so; None for nothing."""
        key = (step.skill, category_of(step, state), anomaly)
        found = [k.fact for k in self._records.recoveries.values() if k.fact.key == key]
        for fact in sorted(found, key=worth, reverse=True):
            if fact.instead in self._library and fact.successes > fact.failures:
                return fact.applied_to(step, self._library)
        return None

    # -- how it is done -----------------------------------------------------------------------

    def _scene(self, instruction: Instruction, situation: Situation | State) -> Scene:
        instruction = canonical(instruction, self._cell)
        if isinstance(situation, State):
            return Scene(instruction=instruction, state=situation, cell=self._cell)
        scene = Scene(
            instruction=instruction,
            state=situation.state,
            cell=self._cell,
            remembered=situation.remembered,
        )
        times = {"before": situation.before, "last_time": situation.last_time}
        return scene.arranged(times.get(instruction.time, {}))

    def _learn(self, key: str, text: str, method: Method, tick: int) -> bool:
        kept = self._alike(key, method)
        if kept is None:
            fact = SkillFact(text=text, key=key, successes=1, last_used=tick)
            learned = self._records.add_skill(fact, method, tick)
            self.why = "" if learned else "there is no room for another skill"
        else:
            assert kept.method is not None
            if isinstance(kept.method, Assembled) and isinstance(method, Assembled):
                method = merged(kept.method, method)
            kept.fact = _counted(kept.fact, tick, worked=True)
            self._records.change(kept, tick, method)
            learned, self.why = True, ""
        self._index()
        return learned

    def _alike(self, key: str, method: Method) -> Kept[SkillFact] | None:
        """Returns the skill that a method is another version of."""
        for kept in self._keys.get(key, ()):
            known = kept.method
            if isinstance(known, Assembled) and isinstance(method, Assembled):
                return kept
            if not (isinstance(known, Rigid) and isinstance(method, Rigid)):
                continue
            if known.context == method.context:
                return kept
        return None

    def _count(self, kept: Kept[SkillFact], tick: int, *, worked: bool) -> None:
        kept.fact = _counted(kept.fact, tick, worked=worked)
        self._records.change(kept, tick)
        self._index()

    def _learn_recoveries(self, plan: Plan, report: ExecutionReport, state: State) -> None:
        for tried in remedies_in(report, plan, state, self._library):
            known = next(
                (
                    kept
                    for kept in self._records.recoveries.values()
                    if kept.fact.key == tried.fact.key and kept.fact.same == tried.fact.same
                ),
                None,
            )
            if known is not None:
                known.fact = _counted_recovery(known.fact, state.tick, worked=tried.helped)
                self._records.change(known, state.tick)
            elif tried.helped:
                fact = _counted_recovery(tried.fact, state.tick, worked=True)
                self._records.add_recovery(fact, state.tick)

    def _index(self) -> None:
        best = sorted(
            self._records.skills.values(), key=lambda kept: worth(kept.fact), reverse=True
        )
        self._keys, self._operators = {}, {}
        for kept in best:
            self._keys.setdefault(kept.fact.key, []).append(kept)
            assert kept.method is not None
            for operator in operators_of(kept.method):
                self._operators.setdefault(operator.name, operator.node)


def _counted(fact: SkillFact, tick: int, *, worked: bool) -> SkillFact:
    return msgspec.structs.replace(
        fact,
        successes=fact.successes + worked,
        failures=fact.failures + (not worked),
        last_used=tick,
    )


def _counted_recovery(fact: RecoveryFact, tick: int, *, worked: bool) -> RecoveryFact:
    return msgspec.structs.replace(
        fact,
        successes=fact.successes + worked,
        failures=fact.failures + (not worked),
        last_used=tick,
    )
