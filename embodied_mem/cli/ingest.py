"""`embodied-mem ingest`: remember a real RGB-D recording."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from embodied_mem.cli.outcome import Outcome, write_outcome
from embodied_mem.cli.progress import progress
from embodied_mem.cli.result import write_result


@dataclass(frozen=True, kw_only=True)
class Ingest:
    """Remember a posed RGB-D recording from disk.

    Bad frames are skipped and counted. Beside the memory file lie its pictures and report.
    """

    recording: tyro.conf.Positional[Path]
    """Folder of the recording."""
    format: Literal["auto", "seven-scenes", "tum"] = "auto"
    """Layout of the folder; detected where not given."""
    out: Path = Path("recording.mem")
    """The memory file to write."""
    segmenter: str = "geometric"
    """`geometric` (depth and colour alone, no weights) or a plugin's name."""
    question: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """What to ask at the end."""
    seed: int = 0
    """What record ids are made from."""
    rerun: Path | None = None
    """Record what happens for the Rerun viewer (extra `viz`)."""
    json: Path | None = None
    """Write metrics, timings and the machine as one JSON file."""

    def run(self) -> int:
        """Ingests the recording; returns 0."""
        from embodied_mem.brain.build import MemoryConfig, build_hippocampus
        from embodied_mem.recordings import open_recording
        from embodied_mem.timing import CpuTimer
        from embodied_mem.viz.live import open_live

        reader = open_recording(self.recording, None if self.format == "auto" else self.format)
        hippocampus = build_hippocampus(
            MemoryConfig(segmenter=self.segmenter),
            seed=self.seed,
            session=self.recording.resolve().name,
            seconds_per_tick=reader.seconds_per_tick,
        )
        timer, log = CpuTimer(), open_live(self.rerun)
        with progress("ingesting", len(reader)) as advance:
            for observation in reader:
                with timer("memory"):
                    hippocampus.observe(observation)
                log.log(hippocampus)
                advance(f"{int(hippocampus.scene.objects.confirmed().sum())} objects")
        log.close()
        hippocampus.save(self.out)
        outcome = Outcome(
            title=f"Recording {self.recording.resolve().name}",
            memory_file=self.out,
            answers=tuple(hippocampus.recall(text) for text in self.question),
            timings=timer.means(),
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
        metrics |= outcome.facts
        metrics["objects_covered"] = float((covered & required).sum() / max(required.sum(), 1))
        metrics["update_cpu_ms"] = timer.means().get("memory", 0.0)
        for reason, count in sorted(reader.skipped.items()):
            print(f"skipped {count}: {reason}")
        if self.json is not None:
            write_result(self.json, "ingest", self, metrics)
        return 0
