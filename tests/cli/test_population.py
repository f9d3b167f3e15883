"""Members of a population, which of them is the best, and what is told of all."""

import json
from pathlib import Path

import pytest

from embodied_mem.cli.population import Member, best_of, members_of, report_population, summarised
from embodied_mem.cli.train_allocator import TrainAllocator
from embodied_mem.errors import ConfigError


def member(
    seed: int, validation: float | None, held_out: float, folder: Path, **more: str
) -> Member:
    folder = folder / f"seed-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in (".safetensors", ".json"):
        (folder / f"best{suffix}").write_text(f"policy {seed}", encoding="utf-8")
    metrics = {"validation": validation, "held_out": held_out}
    setting = more.get("setting", "")
    error = more.get("error", "")
    return Member(
        setting=setting,
        seed=seed,
        folder=folder,
        metrics={} if error else metrics,
        finished=not error,
        error=error,
    )


def test_members_are_all_seeds_of_all_settings() -> None:
    training = TrainAllocator(algo="grpo", seed=3, out=Path("runs/x"), population=2, ray="auto")
    found = members_of(training, 2, ("warm=0,12", "fill=0.5"), {"population": 1, "ray": None})
    told = [(setting, each.seed, each.warm, each.fill, str(each.out)) for setting, each in found]
    assert told == [
        (f"warm={warm},fill=0.5", seed, warm, 0.5, f"runs/x/warm={warm},fill=0.5/seed-{seed}")
        for warm in (0, 12)
        for seed in (3, 4)
    ]
    assert all(each.population == 1 and each.ray is None for _, each in found)
    ((_, alone),) = members_of(training, 1, (), {})
    assert alone.out == Path("runs/x/seed-3")
    for seeds, vary, words in (
        (0, (), "1 or more"),
        (1, ("warn=1",), "warm"),
        (1, ("warm=a",), "int"),
        (1, ("warm=1,2,1",), "the same twice"),
        (1, ("warm=1", "warm=2"), "the same twice"),
    ):
        with pytest.raises(ConfigError, match=words):
            members_of(training, seeds, vary, {})


def test_the_best_is_chosen_by_validation_alone(tmp_path: Path) -> None:
    members = [
        member(0, 0.5, 0.9, tmp_path),
        member(1, 0.7, 0.1, tmp_path),
        member(2, None, 1.0, tmp_path),
        member(3, 0.9, 0.9, tmp_path, error="its worker died every time"),
    ]
    best = best_of(members)
    assert best is not None and best.seed == 1
    estimates = summarised(members)[""]
    assert estimates["validation"].mean == pytest.approx(0.6)
    assert estimates["validation"].episodes == 2
    assert estimates["held_out"].mean == pytest.approx(2.0 / 3.0)
    assert best_of(members[2:]) is None


def test_the_report_keeps_the_best_policy_and_names_who_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members = [
        member(0, 0.5, 0.9, tmp_path / "a", setting="warm=0"),
        member(1, 0.6, 0.8, tmp_path / "a", setting="warm=0"),
        member(0, 0.4, 0.9, tmp_path / "b", setting="warm=1"),
        member(1, 0.4, 0.9, tmp_path / "b", setting="warm=1", error="its worker died every time"),
    ]
    copy = tmp_path / "copy.json"
    report_population("train grpo", TrainAllocator(out=tmp_path), members, copy)
    assert (tmp_path / "best.safetensors").read_text(encoding="utf-8") == "policy 1"
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert result == json.loads(copy.read_text(encoding="utf-8"))
    assert result["metrics"]["warm=0.validation"] == pytest.approx(0.55)
    assert result["intervals"]["warm=0"]["validation"]["lo"] == pytest.approx(0.5)
    assert result["best"]["folder"] == str(tmp_path / "a" / "seed-1")
    told = capsys.readouterr().out.replace("\n", "")
    assert "its worker died every time" in told and "best by validation" in told
