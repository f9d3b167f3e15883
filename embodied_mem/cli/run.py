"""`embodied-mem run`: walk an unknown house, remember it, answer questions from memory."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import tyro

from embodied_mem.cli.model_roles import Thinkers
from embodied_mem.cli.outcome import Outcome, write_outcome
from embodied_mem.cli.progress import progress
from embodied_mem.cli.result import write_result
from embodied_mem.cli.sizes import ByteSize
from embodied_mem.cli.words import meaning_by
from embodied_mem.errors import ConfigError
from embodied_mem.files import write_text

if TYPE_CHECKING:
    from embodied_mem.brain.brain import Brain, Exploration
    from embodied_mem.brain.hippocampus import Hippocampus
    from embodied_mem.brain.language.answers import Answer
    from embodied_mem.memory import MemoryStore
    from embodied_mem.robots.body import Body
    from embodied_mem.viz.live import Log

QUESTIONS = (
    "Where is the bed?",
    "Which room is the refrigerator in?",
    "How many chairs are there?",
    "What colour is the sofa?",
    "What is near the toilet?",
    "What is the biggest thing in the kitchen?",
    "Is there a piano?",
)
"""Asked where no question was given: one of each kind, and one whose answer is honest."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Walk a furnished house never seen before, remember it, and answer from memory.

    Leaves snapshots.png, map.png, the memory, result.json and report.html in `--out`. The memory
    is durable while the walk goes on: after a crash, `--resume` it. With `--task tabletop/...` an
    arm does what it is told, and leaves before.png, after.png, plan.json and story.txt.
    """

    task: str = "house"
    """`house`, or a task of the tabletop (extra `tabletop`): `tabletop/put-away`, `tabletop/sort`,
    `tabletop/stack`, `tabletop/fetch`, `tabletop/find-moved`, `tabletop/swap`, `tabletop/count`,
    `tabletop/clear`, `tabletop/restore`, `tabletop/set-table`; `habitat` for the same house in
    Habitat-Sim, or `habitat/SCENE` for a scene file or the name of a scene in a dataset."""
    scene_dataset: Path | None = None
    """`habitat/SCENE`: the `.scene_dataset_config.json` of HM3D, HSSD, Replica, MP3D..."""
    habitat_python: str = ""
    """`habitat`: the interpreter that has `habitat_sim`; EMBODIED_MEM_HABITAT_PYTHON if empty."""
    body: str = "house"
    """What walks: `house` (a body in a generated house), or a plugin's body in its own world."""
    level: int = 1
    """How hard a task of the tabletop is, 1 to 3."""
    instruction: str = ""
    """What the arm is told; the task's own words where not given."""
    fault: str = ""
    """Something that goes wrong at the tabletop, such as `slip` or `object_moved`."""
    show_plan: bool = False
    """Print the arm's plan as a tree with its conditions."""
    seed: int = 7
    """Of the house or the task and all in it; one seed gives one result, byte for byte."""
    rooms: int | None = None
    """Rooms of the house, 3 to 12; drawn from the seed where not given."""
    floors: int = 1
    """Floors of the house, 1 or 2; stairs join two."""
    question: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """What to ask at the end, once for each question; a fixed set where not given."""
    steps: int = 1500
    """Ticks at most; the walk ends before where nothing is left to explore."""
    width: int = 480
    """Width of the camera's picture in pixels; the height is three quarters of it."""
    noise: bool = False
    """Add a depth camera's noise and drop-outs, and drift of the pose."""
    segmenter: str = "instance"
    """`instance` (the simulator's masks), `geometric` (depth and colour alone), `grounding-dino` or
    `owlv2` (detectors, extra `perception`; `:FOLDER` names their weights, `+depth` cuts masks from
    depth instead of by SAM 2), or a plugin's."""
    embedder: str = "colour-shape"
    """What things are known again by: `colour-shape`, `efficientnet` (real weights in its package),
    `siglip`, `clip` (extra `perception`), two joined by `+`, or a plugin's."""
    words: str = ""
    """Read words that no list holds by what they mean, which answers say: `minilm` (extra `text`),
    or a plugin's text embedder. Not understood if empty."""
    model: str = ""
    """What thinks, at the tabletop what plans and in the house what answers from the memory:
    http://host:port/v1, with #name where the server has several, or transformers:FOLDER (extra
    `models`). Rules do where not given, and need no model."""
    caller: str = ""
    """With `--model`: another model that writes calls, and mends plans that were refused."""
    summariser: str = ""
    """With `--model`: another model that writes the answers."""
    resume: Path | None = None
    """A memory (folder or file) of an earlier visit to the same house to go on from."""
    budget_bytes: ByteSize = 64 << 20
    """What the memory may take on the disk, at any time."""
    archive_bytes: ByteSize = 0
    """What may be kept beside it of what was dropped for space."""
    allocator: str = "learned"
    """What to give up where even that is not enough: `learned` (a trained network), `value` (least
    value per byte), a rule such as `coverage_coarse` or `fifo`, a file that `train` wrote, or a
    plugin's."""
    consolidate: bool = False
    """Supersede, link and sum up what is remembered, at the end; see `inspect --consolidate`."""
    correct_drift: bool = False
    """Take poses for odometry that drifts, and put them and what was remembered by them right."""
    out: Path = Path("runs/house")
    """Folder for the results; the memory is `house.mem` in it, and replaces the one there. At the
    tabletop it is `tabletop.mem`; `skills.mem` keeps what was learned from run to run."""
    rerun: Path | None = None
    """Record the run for the Rerun viewer (extra `viz`)."""
    json: Path | None = None
    """Write metrics, timings and the machine as one JSON file."""

    def run(self) -> int:
        """Runs the episode; returns 0, or 1 where an arm did not do what it was told."""
        if self.task != "house" and self._habitat_scene is None:
            return self._run_tabletop()
        if self.steps < 1 or self.width < 32:
            raise ConfigError("a run needs at least 1 step and pictures at least 32 pixels wide")
        thinkers = Thinkers(self.model, self.caller, self.summariser)
        brain = self._prepare()
        with brain.hippocampus.store:
            self._finish(brain, thinkers, *self._explore(brain))
        return 0

    def _run_tabletop(self) -> int:
        from embodied_mem.cli.run_tabletop import TabletopRun, TabletopRunner

        config = TabletopRun(
            task=self.task,
            seed=self.seed,
            level=self.level,
            instruction=self.instruction,
            fault=self.fault,
            show_plan=self.show_plan,
            model=self.model,
            caller=self.caller,
            summariser=self.summariser,
            rerun=self.rerun,
            out=self.out,
            json=self.json,
        )
        return TabletopRunner(config).run()

    def _finish(
        self, brain: "Brain", thinkers: Thinkers, exploration: "Exploration", complete: bool
    ) -> None:
        hippocampus = brain.hippocampus
        hippocampus.consolidate()
        hippocampus.store.compact()  # nobody goes back behind the end of a visit
        answers, costs = self._answers(hippocampus, thinkers)
        outcome = Outcome(
            title=f"{self.body.capitalize()} {self.seed}",
            memory_path=self._memory_path,
            answers=tuple(answers),
            timings=brain.timer.means(),
            facts={"ticks": exploration.ticks, "metres": round(exploration.metres, 2)},
        )
        metrics = write_outcome(self.out, hippocampus.store, outcome)
        metrics |= {"ticks": exploration.ticks, "metres": round(exploration.metres, 3), **costs}
        finished = complete and exploration.finished
        self._write_json(metrics, outcome, finished, hippocampus.store)

    def _answers(
        self, hippocampus: "Hippocampus", thinkers: Thinkers
    ) -> tuple[list["Answer"], dict[str, float]]:
        """Returns the answers to what is asked, and what models took for them."""
        questions = self.question or QUESTIONS
        if thinkers.roles is not None:
            return thinkers.answers(hippocampus.store, questions)
        return [hippocampus.recall(text) for text in questions], {}

    def _prepare(self) -> "Brain":
        from embodied_mem.brain.brain import Brain
        from embodied_mem.brain.build import MemoryConfig, build_hippocampus
        from embodied_mem.brain.memory_folder import StoreConfig

        body = self._make_body()
        hippocampus = build_hippocampus(
            MemoryConfig(
                segmenter=self.segmenter,
                embedder=self.embedder,
                allocator=self.allocator,
                consolidate=self.consolidate,
                correct_drift=self.correct_drift,
                store=StoreConfig(budget_bytes=self.budget_bytes, archive_bytes=self.archive_bytes),
            ),
            path=self._memory_path,
            seed=self.seed,
            session=f"{self.body}-{self.seed}",
            seconds_per_tick=body.seconds_per_tick,
            resume=self.resume,
        )
        hippocampus.meaning = meaning_by(self.words)
        return Brain(body, hippocampus)

    @property
    def _habitat_scene(self) -> str | None:
        """The scene of Habitat, empty for a generated house; None outside Habitat."""
        simulator, _, scene = self.task.partition("/")
        return scene if simulator == "habitat" else None

    def _make_body(self) -> "Body":
        if self._habitat_scene is not None:
            return self._habitat_body(self._habitat_scene)
        from embodied_mem.plugins import load_plugin

        maker = load_plugin("body", self.body, {"house": self._house_body}, group="bodies")
        body: Body = maker(seed=self.seed)
        return body

    def _habitat_body(self, scene: str) -> "Body":
        from embodied_mem.cli.run_habitat import make_habitat_body

        if self.noise:
            raise ConfigError("Habitat gives exact pictures here; --noise is for the house")
        return make_habitat_body(
            scene=scene,
            scene_dataset=self.scene_dataset,
            python=self.habitat_python,
            width=self.width,
            seed=self.seed,
            house={"rooms": self.rooms, "floors": self.floors},
            semantic=self.segmenter == "instance",
        )

    def _house_body(self, seed: int) -> "Body":
        from embodied_mem_envs.house import (
            CameraConfig,
            HouseBody,
            HouseConfig,
            SensorNoise,
            generate_house,
        )

        return HouseBody(
            generate_house(seed, HouseConfig(rooms=self.rooms, floors=self.floors)),
            camera=CameraConfig(width=self.width, height=self.width * 3 // 4),
            noise=SensorNoise() if self.noise else None,
            seed=seed,
        )

    def _explore(self, brain: "Brain") -> tuple["Exploration", bool]:
        """Explores; an interrupt ends the walk early and keeps what it found."""
        from embodied_mem.viz.live import open_live

        log = open_live(self.rerun)
        brain.connect()
        try:
            with progress("exploring", self.steps) as advance:
                return brain.explore(self.steps, _on_tick(advance, brain, log)), True
        except KeyboardInterrupt:
            return brain.exploration, False
        finally:
            brain.close()
            log.close()

    @property
    def _memory_path(self) -> Path:
        return self.out / "house.mem"

    def _write_json(
        self, metrics: dict[str, float], outcome: Outcome, finished: bool, memory: "MemoryStore"
    ) -> None:
        result = {
            "schema": 1,
            "command": "run",
            "config": {"seed": self.seed, "rooms": self.rooms, "steps": self.steps}
            | {"width": self.width, "noise": self.noise, "segmenter": self.segmenter},
            "metrics": metrics,
            "explored_all": finished,
            "answers": msgspec.to_builtins(outcome.answers),
            "memory_digest": memory.digest(),
        }
        write_text(self.out / "result.json", json.dumps(result, indent=1, sort_keys=True) + "\n")
        if self.json is not None:
            timings = {f"{name}_cpu_ms": value for name, value in outcome.timings.items()}
            disk = {"disk_bytes": memory.disk_bytes, "archive_bytes": memory.archive_disk_bytes}
            write_result(self.json, "run", self, {**metrics, **timings, **disk})


def _on_tick(advance: Callable[[str], None], brain: "Brain", log: "Log") -> Callable[[], None]:
    def tick() -> None:
        scene = brain.hippocampus.scene
        area = scene.occupancy.explored_area
        advance(f"{area:.0f} m2, {int(scene.objects.confirmed().sum())} objects")
        log.log(brain.hippocampus)

    return tick
