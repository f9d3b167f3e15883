"""The page about models says what happens."""

import doctest
import importlib.util
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "models.md"


@pytest.mark.skipif(
    importlib.util.find_spec("openai") is None, reason="the extra `models` is missing"
)
def test_the_page_is_right() -> None:
    test = doctest.DocTestParser().get_doctest(PAGE.read_text(), {}, PAGE.name, str(PAGE), 0)
    assert len(test.examples) > 10
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0
