"""The option `floors` of the suites in houses."""

from pathlib import Path

import pytest

from embodied_mem_envs.evaluation.records.digest import settings_digest
from embodied_mem_envs.evaluation.suites.lifelong_nav import LifelongNavSuite
from embodied_mem_envs.evaluation.suites.question_answering import QuestionAnsweringSuite
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job

SUITES = (QuestionAnsweringSuite(), LifelongNavSuite())


def record_of(
    suite: QuestionAnsweringSuite | LifelongNavSuite, folder: Path, **options: int
) -> EpisodeRecord:
    job = Job(suite=suite.name, agent="random", seed=5, folder=str(folder), options=options)
    return suite.run(job, folder)


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_houses_get_two_floors_where_that_is_asked_for(
    suite: QuestionAnsweringSuite | LifelongNavSuite, tmp_path: Path
) -> None:
    one = record_of(suite, tmp_path / "one")
    two = record_of(suite, tmp_path / "two", floors=2)
    assert (one.error, two.error) == ("", "")
    assert one.settings != two.settings
    assert [ask.values for ask in two.asks] != [ask.values for ask in one.asks]


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_records_from_before_the_option_fit_its_default(
    suite: QuestionAnsweringSuite | LifelongNavSuite,
) -> None:
    before = {name: value for name, value in suite.options.items() if name != "floors"}
    digest = settings_digest(suite.name, suite.version, before)
    assert settings_digest(suite.name, suite.version, suite.options) == digest
    assert settings_digest(suite.name, suite.version, {**before, "floors": 2}) != digest
