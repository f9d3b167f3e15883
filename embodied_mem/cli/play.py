"""`embodied-mem play`: drive a body by hand, beside what its memory makes of it."""

from dataclasses import dataclass
from pathlib import Path

from embodied_mem.cli.result import write_result
from embodied_mem.cli.sizes import ByteSize
from embodied_mem.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Play:
    """Drive a body through a house by keyboard and watch what the memory makes of it.

    Arrows or WASD drive, Q and E tilt the camera, T asks a question, N moves some things behind
    your back, Esc ends. Needs the extra `render` and a display.
    """

    seed: int = 7
    """Of the house and all in it."""
    rooms: int | None = None
    """Rooms of the house, 3 to 12; drawn from the seed where not given."""
    floors: int = 1
    """Floors of the house, 1 or 2."""
    width: int = 320
    """Width of the camera's picture in pixels; the height is three quarters of it."""
    steps: int = 1_000_000
    """Ticks at most, ten a second."""
    segmenter: str = "instance"
    """`instance` (the simulator's masks), `geometric` (depth and colour alone), or a plugin's."""
    budget_bytes: ByteSize = 64 << 20
    """What the memory may take on the disk, at any time."""
    resume: Path | None = None
    """A memory (folder or file) of an earlier visit to the same house to go on from."""
    out: Path = Path("runs/play")
    """Folder for the results; the memory is `house.mem` in it, and replaces the one there."""
    json: Path | None = None
    """Write what happened and the machine as one JSON file."""

    def run(self) -> int:
        """Plays, then writes the same pictures and page as `run`; returns 0."""
        if self.steps < 1 or self.width < 32:
            raise ConfigError("play needs at least 1 step and pictures at least 32 pixels wide")
        from embodied_mem.brain.build import MemoryConfig, build_hippocampus
        from embodied_mem.brain.memory_folder import StoreConfig
        from embodied_mem.cli.outcome import Outcome, write_outcome
        from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, generate_house
        from embodied_mem_envs.play import FPS, Player
        from embodied_mem_envs.screen import Screen

        house = generate_house(self.seed, HouseConfig(rooms=self.rooms, floors=self.floors))
        camera = CameraConfig(width=self.width, height=self.width * 3 // 4)
        body = HouseBody(house, camera=camera, seed=self.seed, seconds_per_tick=1.0 / FPS)
        hippocampus = build_hippocampus(
            MemoryConfig(
                segmenter=self.segmenter, store=StoreConfig(budget_bytes=self.budget_bytes)
            ),
            path=self.out / "house.mem",
            seed=self.seed,
            session=f"house-{self.seed}",
            seconds_per_tick=body.seconds_per_tick,
            resume=self.resume,
        )
        screen = Screen(f"embodied-mem: house {self.seed}", FPS)
        with hippocampus.store:
            body.connect()
            try:
                played = Player(body, hippocampus, screen).play(self.steps)
            finally:
                screen.close()
                body.close()
            hippocampus.consolidate()
            facts = {"ticks": played.ticks, "metres": round(hippocampus.walk.length, 2)}
            outcome = Outcome(
                title=f"House {self.seed}, by hand",
                memory_path=self.out / "house.mem",
                answers=played.answers,
                facts=facts,
            )
            metrics = write_outcome(self.out, hippocampus.store, outcome)
        if self.json is not None:
            extra = {"asked": len(played.answers), "moved": played.moved}
            write_result(self.json, "play", self, {**metrics, **facts, **extra})
        return 0
