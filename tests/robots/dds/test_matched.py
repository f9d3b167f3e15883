import pytest

from embodied_mem.robots.dds.matched import matched


def test_whoever_joins_while_it_is_asked_makes_it_ask_again():
    answers = iter([IndexError("invalid index"), IndexError("invalid index"), [7]])

    def ask():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert matched(ask) == [7]


def test_what_never_answers_is_an_error():
    def ask():
        raise IndexError("invalid index")

    with pytest.raises(IndexError):
        matched(ask)
