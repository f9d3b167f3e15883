"""`embodied-mem ingest`: remember a real RGB-D recording."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from embodied_mem.cli.ingest_ways import WayIn, find_beginning
from embodied_mem.cli.outcome import Outcome, write_outcome
from embodied_mem.cli.progress import progress
from embodied_mem.cli.result import write_result
from embodied_mem.cli.sizes import ByteSize

if TYPE_CHECKING:
    from embodied_mem.brain.hippocampus import Hippocampus
    from embodied_mem.recordings.reader import Reader
    from embodied_mem.timing import CpuTimer
    from embodied_mem.types import Observation


@dataclass(frozen=True, kw_only=True)
class Ingest:
    """Remember a posed RGB-D recording from disk.

    Bad frames are skipped and counted. Beside the memory lie its pictures and report.
    """

    recording: tyro.conf.Positional[Path]
    """Folder of the recording."""
    format: Literal["auto", "seven-scenes", "tum", "lerobot"] = "auto"
    """Layout of the folder; detected where not given."""
    out: Path = Path("recording.mem")
    """Folder to keep the memory in; a memory that lies there is replaced."""
    budget_bytes: ByteSize = 64 << 20
    """What the memory may take on the disk, at any time."""
    archive_bytes: ByteSize = 0
    """What may be kept beside it of what was dropped for space."""
    allocator: str = "learned"
    """What to give up where even that is not enough: `learned` (a trained network), `value` (least
    value per byte), a rule such as `coverage_coarse` or `fifo`, a file that `train` wrote, or a
    plugin's."""
    segmenter: str = "geometric"
    """`geometric` (depth and colour alone, no weights), `grounding-dino` or `owlv2` (detectors, see
    `run`), or a plugin's name."""
    embedder: str = "colour-shape"
    """What things are known again by, see `run`."""
    moments: int = 0
    """Keep this many moments of the whole recording too, a vector each, chosen as it streams by,
    and a picture of every view unlike all before; 0 for none, else 3 or more."""
    resume: Path | None = None
    """A memory (folder or file) of an earlier visit to the same place to go on from."""
    geometry: bool = False
    """Keep surfaces too, some tens of kilobytes, by which later visits find where they are."""
    relocalise: bool = False
    """With `--resume`: find where the recording began in what is remembered, whatever origin its
    poses have, or refuse (extra `open3d`)."""
    mesh: Path | None = None
    """Join all frames into a mesh and write it as .ply, .obj or .glb (extra `open3d`)."""
    consolidate: bool = False
    """Supersede, link and sum up what is remembered, at the end; see `inspect --consolidate`."""
    correct_drift: bool = False
    """Take poses for odometry that drifts, and put them and what was remembered by them right."""
    question: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """What to ask at the end."""
    seed: int = 0
    """What record ids are made from."""
    rerun: Path | None = None
    """Record what happens for the Rerun viewer (extra `viz`)."""
    json: Path | None = None
    """Write metrics, timings and the machine as one JSON file."""

    @property
    def layout(self) -> str | None:
        """Name of the recording's layout; None where it is to be detected."""
        return None if self.format == "auto" else self.format

    def run(self) -> int:
        """Ingests the recording; returns 0.

        Raises:
            ConfigError: If flags do not go together, or it is not sure where the recording began.
        """
        from embodied_mem.brain.build import MemoryConfig, build_hippocampus
        from embodied_mem.brain.memory_folder import StoreConfig
        from embodied_mem.recordings import open_recording
        from embodied_mem.timing import CpuTimer

        T_map_recording = find_beginning(self)
        reader = open_recording(self.recording, self.layout)
        store = StoreConfig(budget_bytes=self.budget_bytes, archive_bytes=self.archive_bytes)
        hippocampus = build_hippocampus(
            MemoryConfig(
                segmenter=self.segmenter,
                embedder=self.embedder,
                allocator=self.allocator,
                consolidate=self.consolidate,
                correct_drift=self.correct_drift,
                store=store,
            ),
            path=self.out,
            seed=self.seed,
            session=self.recording.resolve().name,
            seconds_per_tick=reader.seconds_per_tick,
            resume=self.resume,
        )
        timer = CpuTimer()
        with hippocampus.store:
            memory = WayIn(self, hippocampus, T_map_recording)
            self._read(reader, hippocampus, memory.observe, timer)
            memory.consolidate()
            metrics = self._finish(reader, hippocampus, timer.means())
        for reason, count in sorted(reader.skipped.items()):
            print(f"skipped {count}: {reason}")
        if self.json is not None:
            write_result(self.json, "ingest", self, metrics)
        return 0

    def _read(
        self,
        reader: "Reader",
        hippocampus: "Hippocampus",
        observe: Callable[["Observation"], object],
        timer: "CpuTimer",
    ) -> None:
        from embodied_mem.viz.live import open_live

        log = open_live(self.rerun)
        with progress("ingesting", len(reader)) as advance:
            for observation in reader:
                with timer("memory"):
                    observe(observation)
                log.log(hippocampus)
                advance(f"{int(hippocampus.scene.objects.confirmed().sum())} objects")
        log.close()

    def _finish(
        self, reader: "Reader", hippocampus: "Hippocampus", timings: Mapping[str, float]
    ) -> dict[str, float]:
        """Answers, writes pictures and report, and returns the metrics."""
        hippocampus.store.compact()  # nobody goes back behind the end of a recording
        outcome = Outcome(
            title=f"Recording {self.recording.resolve().name}",
            memory_path=self.out,
            answers=tuple(hippocampus.recall(text) for text in self.question),
            timings=timings,
            facts={
                "frames_read": float(reader.frames_read),
                "frames_skipped": float(reader.frames_skipped),
                "metres": round(hippocampus.walk.length, 2),
            },
            prefix=f"{self.out.stem}.",
        )
        metrics = write_outcome(self.out.parent, hippocampus.store, outcome)
        scene = hippocampus.scene
        required = scene.required()
        covered = scene.snapshots.assignment[: len(required)] >= 0
        return {
            **metrics,
            **outcome.facts,
            "objects_covered": float((covered & required).sum() / max(required.sum(), 1)),
            "update_cpu_ms": timings.get("memory", 0.0),
            "disk_bytes": float(hippocampus.store.disk_bytes),
        }
