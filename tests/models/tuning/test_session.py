from pathlib import Path

import pytest

from embodied_mem.errors import ConfigError, ModelError
from embodied_mem.models.tuning.kept import Key
from embodied_mem.models.tuning.measuring import MeasureConfig
from embodied_mem.models.tuning.session import Task, Tuning
from embodied_mem.models.tuning.space import Setting, Space
from embodied_mem.models.tuning.trial import Trial

SPACE = Space(concurrency=(1, 2, 4, 8), batch=(1, 2, 4), max_tokens=(64, 128))
BEST = Setting(concurrency=4, batch=2, max_tokens=128)


class Server:
    """Is best at `BEST`, refuses more than 16 calls at a time, and dies where it is told to."""

    def __init__(self, deadly: int = 10**9) -> None:
        self.deadly, self.dead = deadly, False
        self.asked: list[Setting] = []

    def measure(self, setting: Setting) -> Trial:
        self.asked.append(setting)
        self.dead |= len(self.asked) == self.deadly
        failed = 10 if self.dead or setting.in_flight > 16 else 0
        away = abs(setting.concurrency - 4) + abs(setting.batch - 2) + setting.max_tokens / 128
        useful = 0 if failed else round(100 / (1 + away))
        return Trial(
            calls=100,
            useful=useful,
            late=0,
            wrong=100 - useful - failed,
            failed=failed,
            tokens=10 * useful,
            seconds=1.0,
            p50=0.1,
            p95=0.2,
            trouble="connection refused" if failed else "cut off",
        )

    def alive(self) -> bool:
        return not self.dead


def _task(**changes: object) -> Task:
    fields: dict[str, object] = {
        "key": Key(server="http://127.0.0.1:1/v1", model="m", machine="one"),
        "space": SPACE,
        "measure": MeasureConfig(),
        "budget": 0.5,
        "worth": "calls",
        "judge": "content",
        "seed": 0,
    }
    return Task(**(fields | changes))  # type: ignore[arg-type]


def _tuning(journal: Path, server: Server, task: Task | None = None) -> Tuning:
    return Tuning(task or _task(), server, journal=journal, sleep=lambda seconds: None)


def test_it_finds_the_best_and_says_what_it_rests_on(tmp_path: Path) -> None:
    tuning = _tuning(tmp_path / "j.json", Server())
    assert tuning.left == 12
    while tuning.left:
        tuning.step()
    best = tuning.best()
    assert best.setting.concurrency == 4 and best.setting.batch == 2
    assert (best.measured, best.settings, best.unit) == (12, 24, "useful calls/s")


def test_cut_off_anywhere_it_measures_the_same(tmp_path: Path) -> None:
    whole = Server()
    tuning = _tuning(tmp_path / "whole.json", whole)
    while tuning.left:
        tuning.step()
    parts = Server()
    for _ in range(12):
        _tuning(tmp_path / "parts.json", parts).step()
    assert parts.asked == whole.asked
    last = _tuning(tmp_path / "parts.json", parts)
    assert last.left == 0 and last.best().setting == tuning.best().setting
    last.forget()
    assert last.left == 12 and not (tmp_path / "parts.json").exists()
    assert last.step().setting == whole.asked[0]


@pytest.mark.parametrize("changes", [{"seed": 1}, {"judge": "form"}, {"budget": 0.6}])
def test_measurements_of_another_task_are_left_aside(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    _tuning(tmp_path / "j.json", Server()).step()
    assert len(_tuning(tmp_path / "j.json", Server()).measured) == 1
    assert not _tuning(tmp_path / "j.json", Server(), _task(**changes)).measured


def test_a_server_that_dies_costs_that_setting_only(tmp_path: Path) -> None:
    first = _tuning(tmp_path / "j.json", Server(deadly=5))
    with pytest.raises(ModelError, match=r"answers nothing since it was asked with.*goes on"):
        while True:
            first.step()
    again = _tuning(tmp_path / "j.json", Server())
    assert len(again.measured) == 5 and again.measured[4].trial.useful == 0
    while again.left:
        again.step()
    assert again.best().setting.concurrency == 4


def test_settings_that_fail_do_not_stop_it(tmp_path: Path) -> None:
    tuning = _tuning(tmp_path / "j.json", Server(), _task(budget=1.0))
    while tuning.left:
        tuning.step()
    refused = [each for each in tuning.measured if each.setting.in_flight > 16]
    assert refused and not any(each.trial.goodput() for each in refused)
    assert tuning.best().setting.in_flight <= 16


def test_where_nothing_is_of_use_the_first_trouble_is_named(tmp_path: Path) -> None:
    space = Space(concurrency=(32, 64), batch=(1,), max_tokens=(64, 128))
    tuning = _tuning(tmp_path / "j.json", Server(), _task(space=space, budget=1.0))
    while tuning.left:
        tuning.step()
    with pytest.raises(ModelError, match=r"none of 4 settings.*connection refused"):
        tuning.best()


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="budget is 0"):
        _task(budget=0.0)
    (tmp_path / "j.json").write_text("{")
    with pytest.raises(ConfigError, match="damaged"):
        _tuning(tmp_path / "j.json", Server())
