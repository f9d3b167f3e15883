"""Records how a model server does at every setting: `python benchmarks/record_landscape.py URL`.

What lies in `assets/landscapes` is what `embodied-mem bench models --only tuning` searches. Needs a
server, the extra `models`, and a machine that does nothing else meanwhile.
"""

import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import tyro
from tyro.conf import Positional

from embodied_mem.errors import EmbodiedMemError
from embodied_mem.models.tuning.choices import Judge
from embodied_mem.models.tuning.measuring import MeasureConfig, Measurer
from embodied_mem.models.tuning.served import ServedClients
from embodied_mem.models.tuning.space import Space
from embodied_mem.models.tuning.workload import Workload
from embodied_mem_envs.bench.models.tuning_record import record_landscape


@dataclass(frozen=True, kw_only=True)
class Record:
    """Measure every setting of a space several times, and write it down."""

    server: Positional[str]
    """Address of the server, such as http://127.0.0.1:8000/v1, with #model behind it where it has
    several."""
    out: Path
    """JSON file to write; in assets/landscapes the benchmark finds it."""
    about: str
    """Server, version, model and how it was started, for those who read the file."""
    judge: Judge = "content"
    """When an answer is of use; `form` for models that know nothing."""
    times: int = 3
    """How often each setting is measured."""
    latency: float = 10.0
    """Answers that take longer are of no use, s."""
    calls: int = 16
    """The fewest calls that a setting is measured with."""
    seconds: float = 20.0
    """After so long a setting is measured with no further calls."""
    concurrency: tuple[int, ...] = (1, 2, 4, 8, 16)
    """Groups of calls under way at a time."""
    batch: tuple[int, ...] = (1, 2, 4)
    """Calls of a group."""
    image_size: tuple[int, ...] = (0,)
    """Longer sides of pictures, px; 0 for none."""
    records: tuple[int, ...] = (8, 32)
    """Records of memory in a prompt."""
    max_tokens: tuple[int, ...] = (64, 128, 256, 512)
    """Limits of the length of an answer."""
    seed: int = 0
    """Of what is asked, and of the order of the settings."""

    def run(self) -> None:
        """Measures and writes."""
        space = Space(
            concurrency=self.concurrency,
            batch=self.batch,
            image_size=self.image_size,
            records=self.records,
            max_tokens=self.max_tokens,
        )
        config = MeasureConfig(latency=self.latency, calls=self.calls, seconds=self.seconds)
        base_url, _, model = self.server.partition("#")
        with closing(ServedClients(base_url=base_url, model=model)) as clients:
            workload = Workload(judge=self.judge, seed=self.seed)
            record_landscape(
                Measurer(clients, workload, config),
                space,
                self.out,
                about={"server": self.about, "model": clients.model, "judge": self.judge},
                times=self.times,
                seed=self.seed,
            )


if __name__ == "__main__":
    try:
        tyro.cli(Record).run()
    except EmbodiedMemError as error:
        sys.exit(f"error: {error}")
