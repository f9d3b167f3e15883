"""`embodied-mem run --task tabletop/...`: an arm does what it is told, seen from its own brain."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, final

import msgspec

from embodied_mem.cli.model_roles import open_roles
from embodied_mem.cli.result import write_result
from embodied_mem.errors import ConfigError, MissingExtraError, unknown_name
from embodied_mem.files import write_bytes, write_text

if TYPE_CHECKING:
    from embodied_mem.brain.manipulation import ArmBrain, Done
    from embodied_mem.memory import MemoryStore
    from embodied_mem.models.roles import Roles
    from embodied_mem_envs.tabletop import FaultSpec, TabletopBody
    from embodied_mem_envs.tabletop.tasks import TaskEpisode
    from embodied_mem_envs.tabletop.tasks.truth import TableTruth

PREFIX = "tabletop/"


@dataclass(frozen=True, kw_only=True, slots=True)
class TabletopRun:
    """What is run; see `Run` for the fields."""

    task: str
    seed: int
    level: int
    instruction: str
    fault: str
    show_plan: bool
    model: str
    caller: str
    summariser: str
    rerun: Path | None
    out: Path
    json: Path | None


@final
class TabletopRunner:
    """Plays one task at the tabletop and leaves pictures, plan, story and memory in a folder."""

    def __init__(self, config: TabletopRun) -> None:
        """Draws the task.

        Raises:
            MissingExtraError: If the extra `tabletop` is not installed.
            ConfigError: If there is no such task or level.
        """
        self.config = config
        self.roles = open_roles(config.model, config.caller, config.summariser)
        self.episode = _episode(config)
        self.fault = _fault(config.fault)
        self.instruction = config.instruction or self.episode.instruction

    def run(self) -> int:
        """Runs the task; returns 0 where it was done, 1 where it was not."""
        from embodied_mem_envs.tabletop.tasks.truth import table_truth

        with self._body() as body, self._store("tabletop.mem") as store:
            with self._store("skills.mem", keep=True) as skills:
                brain = self._live(body, store, skills)
                before = table_truth(body.truth(), body.cell)
                self._picture(body, "before.png")
                if self.fault is not None:
                    body.inject(self.fault)
                with body.sealed():
                    done = self._do(brain)
                self._picture(body, "after.png")
            body.settle()
            success = self._tell(done, before, table_truth(body.truth(), body.cell))
        return 0 if success else 1

    # -- the world ------------------------------------------------------------------------------

    def _body(self) -> "TabletopBody":
        from embodied_mem_envs.tabletop import TabletopBody, default_cell
        from embodied_mem_envs.tabletop.tasks.playing import starting_layout

        layout = starting_layout(self.episode, default_cell())
        return TabletopBody(layout, seed=self.config.seed)

    def _store(self, name: str, *, keep: bool = False) -> "MemoryStore":
        from embodied_mem.brain.memory_folder import open_memory

        path = self.config.out / name
        resume = path if keep and path.exists() else None
        session = f"{self.episode.family}-{self.config.seed}"
        return open_memory(path, session=session, seconds_per_tick=0.005, resume=resume)

    def _picture(self, body: "TabletopBody", name: str) -> None:
        import cv2

        from embodied_mem.viz.reading import encode_rgb
        from embodied_mem_envs.tabletop.camera import FRONT

        large = replace(FRONT, width=640, height=480)
        picture = body.render(large, samples=2, shadows=True)
        png = encode_rgb(picture, ".png", cv2.IMWRITE_PNG_COMPRESSION, 6)
        write_bytes(self.config.out / name, png)

    # -- the brain ------------------------------------------------------------------------------

    def _live(
        self, body: "TabletopBody", store: "MemoryStore", skills: "MemoryStore"
    ) -> "ArmBrain":
        """Lets the brain live through what happened before; returns that of the last visit."""
        from embodied_mem.brain.arm_build import ArmBrainBuilder, ArmBrainParts
        from embodied_mem.brain.control.clock import Clock
        from embodied_mem_envs.tabletop.tasks.playing import play_history

        visits: list[ArmBrain] = []

        def arrive() -> None:
            parts = ArmBrainParts(
                model=self._model(body),
                clock=Clock("simulated", rate=1.0 / body.seconds_per_tick),
                store=store,
                skills=skills,
                session=f"visit-{len(visits) + 1}",
                seed=self.config.seed,
            )
            visits.append(ArmBrainBuilder(body, body.cell, parts).brain())

        with body.sealed():
            arrive()
            play_history(self.episode, body, watch=lambda: _watch(visits[-1]), new_session=arrive)
        return visits[-1]

    def _model(self, body: "TabletopBody") -> "Roles":
        """Returns what thinks; a fault of the model is the planner's."""
        from embodied_mem.models.roles import Roles
        from embodied_mem.models.scripted import Scripted

        roles = self.roles or Roles.of(Scripted())
        if self.fault is None or self.fault.name != "model_timeout":
            return roles
        from embodied_mem_envs.evaluation.manipulate_model import ModelFault

        return replace(roles, planner=ModelFault(self.fault, lambda: body.tick).wrap(roles.planner))

    def _do(self, brain: "ArmBrain") -> "Done":
        if self.config.rerun is None:
            return brain.do(self.instruction)
        from embodied_mem.brain.arm.model import ArmModel
        from embodied_mem.viz.arm_log import ArmLog

        log = ArmLog(self.config.rerun, ArmModel(brain.arm.description))
        brain.on_tick, brain.on_see = log, log.see
        try:
            return brain.do(self.instruction)
        finally:
            log.close()

    # -- what is left ---------------------------------------------------------------------------

    def _tell(self, done: "Done", before: "TableTruth", after: "TableTruth") -> bool:
        from embodied_mem.brain.plan.draw import draw

        out = self.config.out
        own_words = bool(self.config.instruction)
        outcome = None if own_words else self.episode.succeeded(after, done.answer, before)
        if done.plan is not None:
            write_bytes(out / "plan.json", msgspec.json.format(msgspec.json.encode(done.plan)))
            if self.config.show_plan:
                print(draw(done.plan))
        print(done.text())
        source = "a plan that it knew" if done.known else f"{done.model_calls} model call(s)"
        print(f"planned with {source}; {done.ticks * 0.005:.1f} s of the arm's time")
        if outcome is not None:
            print("judged by the simulator: " + ("done" if outcome.success else outcome.why))
        write_text(out / "story.txt", done.text() + "\n")
        success = done.succeeded if outcome is None else outcome.success
        if self.config.json is not None:
            metrics = {
                "success": float(success),
                "claimed": float(done.succeeded),
                "model_calls": done.model_calls,
                "anomalies": 0 if done.report is None else len(done.report.anomalies),
                "ticks": done.ticks,
            }
            write_result(self.config.json, "run", self.config, metrics, answer=done.answer)
        return success


def _fault(name: str) -> "FaultSpec | None":
    if not name:
        return None
    from embodied_mem_envs.evaluation.manipulate_faults import fault_name, fault_spec

    return fault_spec(fault_name(name))


def _watch(brain: "ArmBrain") -> None:
    brain.watch()


def _episode(config: TabletopRun) -> "TaskEpisode":
    try:
        from embodied_mem_envs.tabletop.tasks import FAMILIES, LEVELS, make_episode
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"--task {config.task}", "tabletop") from error
    family = config.task.removeprefix(PREFIX).replace("-", "_")
    if family not in FAMILIES:
        known = [PREFIX + name.replace("_", "-") for name in FAMILIES]
        raise unknown_name("task", config.task, ["house", *known])
    if config.level not in LEVELS:
        raise ConfigError(f"level is {config.level}; expected one of 1, 2, 3")
    return make_episode(family, config.level, config.seed)
