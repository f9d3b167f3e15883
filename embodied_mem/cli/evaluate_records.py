"""`embodied-mem eval merge | report | table`: what is done with records that there are."""

from dataclasses import dataclass
from pathlib import Path

import tyro

from embodied_mem.cli.evaluate_suite import write_figures


@dataclass(frozen=True, kw_only=True)
class MergeRecords:
    """Put parts of one evaluation together, as from several machines."""

    folders: tyro.conf.Positional[tuple[Path, ...]]
    """Folders that `eval SUITE --out` wrote."""
    out: Path
    """New folder for all of them."""
    report: bool = False
    """Write report.html into `out`."""
    json: Path | None = None
    """Write the metrics and the machine as one JSON file."""

    def run(self) -> int:
        """Merges and prints; returns 0."""
        from embodied_mem_envs.evaluation.reporting.console import print_evaluation
        from embodied_mem_envs.evaluation.running.evaluation import merge_evaluations

        evaluated = merge_evaluations(self.folders, self.out)
        print_evaluation(evaluated)
        if self.json is not None:
            write_figures(self.json, self, evaluated)
        if self.report:
            from embodied_mem_envs.evaluation.reporting.page import write_report

            print(f"report: {write_report(self.out, evaluated)}")
        return 0


@dataclass(frozen=True, kw_only=True)
class ReportRecords:
    """Show the records of an evaluation, and write report.html beside them."""

    folder: tyro.conf.Positional[Path]
    """Folder that `eval SUITE --out` wrote."""
    times: bool = False
    """Show times in the page too, which differ from run to run."""
    json: Path | None = None
    """Write the metrics and the machine as one JSON file."""

    def run(self) -> int:
        """Prints and writes the page; returns 0."""
        from embodied_mem_envs.evaluation.reporting.console import print_evaluation
        from embodied_mem_envs.evaluation.reporting.page import write_report
        from embodied_mem_envs.evaluation.running.evaluation import load_evaluation

        evaluated = load_evaluation(self.folder)
        print_evaluation(evaluated)
        if self.json is not None:
            write_figures(self.json, self, evaluated)
        print(f"report: {write_report(self.folder, evaluated, times=self.times)}")
        return 0


@dataclass(frozen=True, kw_only=True)
class TableOfRecords:
    """Write one Markdown page with all agents of several evaluations."""

    folders: tyro.conf.Positional[tuple[Path, ...]]
    """Folders that `eval SUITE --out` wrote, one an evaluation."""
    markdown: Path
    """File to write."""

    def run(self) -> int:
        """Writes the page; returns 0."""
        from embodied_mem.files import write_text
        from embodied_mem_envs.evaluation.reporting.markdown import evaluations_page
        from embodied_mem_envs.evaluation.running.evaluation import load_evaluation

        page = evaluations_page([load_evaluation(folder) for folder in self.folders])
        write_text(self.markdown, page)
        return 0


@dataclass(frozen=True, kw_only=True)
class DescribeMetrics:
    """Write the definitions of all metrics as a Markdown page."""

    markdown: Path
    """File to write."""

    def run(self) -> int:
        """Writes the page; returns 0."""
        from embodied_mem.files import write_text
        from embodied_mem_envs.evaluation.reporting.markdown import metrics_page

        write_text(self.markdown, metrics_page())
        return 0
