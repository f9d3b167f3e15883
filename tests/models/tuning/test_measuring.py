import json
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from embodied_mem.errors import ConfigError, ModelError, ModelTimeout
from embodied_mem.models.client import Completion, Message
from embodied_mem.models.tuning.measuring import MeasureConfig, Measurer
from embodied_mem.models.tuning.space import Setting
from embodied_mem.models.tuning.workload import Workload


class Watched:
    """Does for the n-th call what the n-th of `acts` says; knows how many are under way.

    The first calls wait until as many as `meet` are under way, for some seconds.
    """

    name = "watched"

    def __init__(self, *acts: str, meet: int = 0) -> None:
        self.acts, self.meet, self.lock = acts, meet, threading.Condition()
        self.calls = self.under_way = self.most = 0
        self.asked: list[str] = []

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        with self.lock:
            act = self.acts[self.calls % len(self.acts)]
            self.calls += 1
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self.asked.append(messages[-1].text)
            self.lock.notify_all()
            self.lock.wait_for(lambda: self.most >= self.meet, 5.0)
        time.sleep(0.5 if act == "slow" else 0.01)
        with self.lock:
            self.under_way -= 1
        if act == "fail":
            raise ModelError("out of memory")
        if act == "time out":
            raise ModelTimeout("too long")
        text = "{" if act == "cut" else json.dumps({"thought": "", "answer": "x"})
        return Completion(text=text, prompt_tokens=90, completion_tokens=10, seconds=0.01)


def _measurer(client: Watched, **config: Any) -> Measurer:
    settings = {"latency": 0.4, "calls": 8} | config
    return Measurer(lambda setting: client, Workload(judge="form"), MeasureConfig(**settings))


def test_each_call_is_judged() -> None:
    client = Watched("well", "slow", "cut", "fail", "time out")
    trial = _measurer(client, calls=20).measure(Setting())
    assert (trial.calls, trial.useful, trial.late) == (20, 4, 8)
    assert (trial.wrong, trial.failed, trial.tokens) == (4, 4, 400)
    assert trial.trouble.startswith("took 0.")
    assert trial.goodput() == pytest.approx(4 / trial.seconds)
    assert trial.goodput("tokens") == pytest.approx(400 / trial.seconds)
    assert trial.p50 <= trial.p95 < 5.0


@pytest.mark.parametrize(("concurrency", "batch"), [(1, 1), (3, 1), (1, 4), (2, 3)])
def test_so_many_calls_are_under_way_as_the_setting_says(concurrency: int, batch: int) -> None:
    setting = Setting(concurrency=concurrency, batch=batch)
    client = Watched("well", meet=setting.in_flight)
    trial = _measurer(client).measure(setting)
    assert client.most == setting.in_flight
    assert trial.calls == client.calls >= max(8, 2 * setting.in_flight)
    assert trial.calls % batch == 0
    assert len(set(client.asked)) == client.calls


def test_what_refuses_everything_is_not_asked_for_long() -> None:
    client = Watched("fail")
    trial = _measurer(client, calls=100).measure(Setting(concurrency=2, batch=2))
    assert trial.failed == trial.calls <= 3 * 4
    assert trial.goodput() == 0.0 and trial.trouble == "out of memory"
    assert trial.p95 == 0.0


def test_time_is_limited() -> None:
    client = Watched("slow")
    trial = _measurer(client, calls=100, seconds=1.2).measure(Setting())
    assert 2 <= trial.calls <= 3 and trial.seconds < 10.0


def test_a_measurer_knows_whether_there_is_an_answer() -> None:
    assert _measurer(Watched("cut")).alive()
    assert not _measurer(Watched("fail")).alive()


def test_settings_are_checked() -> None:
    with pytest.raises(ConfigError, match="latency is 0"):
        MeasureConfig(latency=0.0)
