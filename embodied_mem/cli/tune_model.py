"""`embodied-mem tune-model`: how a model server is best asked, found out by asking it."""

import logging
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from tyro.conf import Positional

from embodied_mem.cli.progress import progress
from embodied_mem.cli.result import write_result
from embodied_mem.errors import ConfigError
from embodied_mem.models.tuning.choices import Judge, Worth

if TYPE_CHECKING:
    from embodied_mem.models.tuning.kept import Kept
    from embodied_mem.models.tuning.served import ServedClients
    from embodied_mem.models.tuning.session import Measured, Tuning

_PICTURES = (224, 336, 448, 672)
"""Longer sides that are tried where a server takes pictures, px."""


@dataclass(frozen=True, kw_only=True)
class TuneModel:
    """Find out how a model server is best asked: calls at a time, pictures, length of answers.

    What was found is kept for this server, model and machine. It can be stopped at any time; the
    same command goes on.
    """

    server: Positional[str]
    """Address of the server, such as http://127.0.0.1:8000/v1, with #model behind it where it has
    several."""
    budget: float = 0.25
    """Settings that are measured, as a share of all there are."""
    latency: float = 10.0
    """Answers that take longer are of no use, s."""
    worth: Worth = "calls"
    """What is to be high: useful calls per second, or the tokens that these read and wrote."""
    judge: Judge = "content"
    """An answer is of use if it is right, or (`form`) if it is whole and of the right form."""
    concurrency: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    """Groups of calls under way at a time."""
    batch: tuple[int, ...] = (1, 2, 4, 8)
    """Calls of a group."""
    image_size: tuple[int, ...] | None = None
    """Longer sides of pictures, px; 0 for none. Where nothing is said, the server is asked whether
    it takes pictures."""
    records: tuple[int, ...] = (32,)
    """Records of memory in a prompt."""
    max_tokens: tuple[int, ...] = (64, 128, 256, 512)
    """Limits of the length of an answer."""
    calls: int = 16
    """The fewest calls that a setting is measured with."""
    seconds: float = 20.0
    """After so long a setting is measured with no further calls."""
    seed: int = 0
    """Of what is asked, and of which settings are measured first."""
    again: bool = False
    """Tune again though there is a tuned setting, or part of a search."""
    out: Path | None = None
    """Write all that was measured to this JSON file."""
    json: Path | None = None
    """Write the result to this JSON file."""

    def run(self) -> int:
        """Tunes, prints the best setting and returns 0, or 130 if it was interrupted.

        Raises:
            ConfigError: If the address is none, or an option is out of range.
            ModelError: If there is no server, or no setting gave an answer of use.
            MissingExtraError: If the extra `models` is not installed.
        """
        from embodied_mem.models.tuning.kept import keep, tuned
        from embodied_mem.models.tuning.served import ServedClients

        base_url, _, model = self.server.partition("#")
        if not base_url.startswith(("http://", "https://")):
            raise ConfigError(
                f"{self.server!r} is no address of a server; expected http://HOST:PORT/v1"
            )
        with closing(ServedClients(base_url=base_url, model=model)) as clients:
            known = None if self.again else tuned(base_url, clients.model)
            if known is not None:
                self._report(known, ())
                return 0
            tuning = self._tuning(clients)
            if self.again:
                tuning.forget()
            finished = self._search(tuning)
        best = tuning.best() if finished else None
        if self.out is not None:
            self._write(self.out, best, tuning.measured)
        if best is None:
            print(
                f"{len(tuning.measured)} of {tuning.task.measurements} measurements are kept; the "
                "same command goes on",
                file=sys.stderr,
            )
            return 130
        self._report(best, tuning.measured)
        Console(stderr=True).print(f"kept in {keep(best)}", style="dim", soft_wrap=True)
        return 0

    def _tuning(self, clients: "ServedClients") -> "Tuning":
        from embodied_mem.models.tuning.kept import key_of
        from embodied_mem.models.tuning.measuring import MeasureConfig, Measurer
        from embodied_mem.models.tuning.session import Task, Tuning
        from embodied_mem.models.tuning.space import Space
        from embodied_mem.models.tuning.workload import Workload

        workload = Workload(judge=self.judge, seed=self.seed)
        measure = MeasureConfig(latency=self.latency, calls=self.calls, seconds=self.seconds)
        sizes = self.image_size
        if sizes is None:
            sizes = _PICTURES if clients.see_pictures() else (0,)
        space = Space(
            concurrency=self.concurrency,
            batch=self.batch,
            image_size=sizes,
            records=self.records,
            max_tokens=self.max_tokens,
        )
        task = Task(
            key=key_of(clients.base_url, clients.model),
            space=space,
            measure=measure,
            budget=self.budget,
            worth=self.worth,
            judge=self.judge,
            seed=self.seed,
        )
        return Tuning(task, Measurer(clients, workload, measure))

    def _search(self, tuning: "Tuning") -> bool:
        """Makes the measurements that are left; returns whether it was let finish."""
        # That answers are cut off is what is measured; no warning each time.
        logging.getLogger("embodied_mem.models.http").setLevel(logging.ERROR)
        with progress("tune-model", tuning.left) as advance:
            try:
                while tuning.left:
                    advance(_told(tuning.step(), self.worth))
            except KeyboardInterrupt:
                return False
        return True

    def _report(self, best: "Kept", measured: "Sequence[Measured]") -> None:
        console = Console(soft_wrap=True, highlight=False)
        if not measured:
            console.print(f"tuned on {best.when}; --again measures anew", style="dim")
        console.print(f"[bold]{escape(best.key.model)}[/] at {escape(best.key.server)}")
        console.print(f"  best      {best.setting}")
        console.print(f"  goodput   {best.goodput:.3g} {best.unit}, each in {best.latency:g} s")
        console.print(f"  measured  {best.measured} times, {best.settings} settings")
        if self.json is not None:
            self._write(self.json, best, measured)

    def _write(self, path: Path, best: "Kept | None", measured: "Sequence[Measured]") -> None:
        metrics = {
            "measurements": len(measured) if best is None else best.measured,
            "goodput": None if best is None else best.goodput,
            "settings": None if best is None else best.settings,
        }
        write_result(path, "tune-model", self, metrics, best=best, measured=list(measured))


def _told(measured: "Measured", worth: Worth) -> str:
    trial = measured.trial
    goodput = f"{trial.goodput(worth):.3g} useful {worth}/s"
    return f"{measured.setting}: {goodput}" + (f" ({trial.trouble})" if trial.trouble else "")
