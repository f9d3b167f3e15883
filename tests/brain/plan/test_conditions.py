"""What conditions mean, how they are refused, and that none of any shape does harm."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.brain.plan.conditions import condition_reference, parse_condition
from embodied_mem.brain.plan.conditions.functions import FUNCTIONS
from embodied_mem.brain.plan.conditions.parser import MAX_DEPTH
from embodied_mem.brain.plan.conditions.tokens import MAX_LENGTH
from embodied_mem.brain.state import Entity, Hand, State
from embodied_mem.errors import ConditionError


def thing(id, xyz, size=(0.04, 0.04, 0.04), kind="object", **fields):
    category = fields.pop("category", "block")
    return Entity(
        id=id, kind=kind, category=category, position=np.array(xyz, float),
        size=np.array(size, float), **fields,
    )  # fmt: skip


@pytest.fixture(scope="module")
def state():
    entities = [
        thing("table", (0.54, 0.0, -0.02), (0.88, 1.24, 0.04), "table", category="table"),
        thing("red_block", (0.40, 0.0, 0.02), colour="red", seen_tick=200),
        thing("blue_block", (0.40, 0.004, 0.061), colour="blue", seen_tick=100, yaw=0.6),
        thing("green_block", (0.32, 0.46, 0.03), colour="green", place="red_bin"),
        thing(
            "mug", (0.46, 0.20, 0.05), (0.07, 0.07, 0.10), category="mug", place="hand", tilt=1.0
        ),
        thing("duck", (0.30, -0.20, 0.03), category="duck", colour="yellow", missing=True),
        thing("fork", (0.8, 0.13, 0.03), category="fork", place="left_drawer", visible=False),
        thing("red_bin", (0.32, 0.46, 0.03), (0.18, 0.18, 0.06), "bin", category="bin"),
        thing("tray", (0.56, -0.46, 0.005), (0.20, 0.20, 0.01), "tray", category="tray"),
        thing("lane", (0.41, 0.0, 0.0), (0.10, 0.64, 0.0), "zone", category="zone"),
        thing("left_drawer", (0.82, 0.13, 0.05), (0.2, 0.21, 0.06), "drawer", opened=0.7),
        thing("right_drawer", (0.82, -0.13, 0.05), (0.2, 0.21, 0.06), "drawer", opened=0.02),
    ]
    return State(
        tick=400,
        seconds=2.0,
        entities={each.id: each for each in entities},
        hand=Hand(
            position=np.array([0.46, 0.20, 0.05]), yaw=0.0, opening=0.06, grip=3.0, contact=0.5,
            holding="mug",
        ),
        camera_tick=396,
        readings={"battery": 0.4},
    )  # fmt: skip


HOLDS = """
on(blue_block, red_block)
not on(red_block, blue_block)
on(red_block, table) and not on(blue_block, table)
on(green_block, red_bin)
not on(mug, table)
not on(duck, table)
inside(green_block, red_bin) and not inside(red_block, red_bin)
inside(fork, left_drawer) and not inside(fork, right_drawer)
inside(red_block, lane) and inside(blue_block, lane)
not inside(green_block, lane)
not inside(mug, lane)
not inside(duck, table)
above(blue_block, red_block) and not above(red_block, blue_block)
near(red_block, blue_block) and not near(red_block, red_bin)
near(red_block, red_bin, 0.5) and near(a=red_block, b=red_bin, metres=0.5)
touching(red_block, blue_block) and not touching(red_block, tray)
left_of(red_bin, red_block) and right_of(red_block, red_bin)
not left_of(red_block, red_bin)
behind(right_drawer, red_block) and in_front_of(red_block, right_drawer)
holding(mug) and holding_any() and not hand_empty() and not holding(red_block)
visible(red_block) and not visible(fork) and not visible(duck)
missing(duck) and not missing(fork)
known(duck) and not known(unicorn)
clear(blue_block) and not clear(red_block) and not clear(lane) and clear(tray)
opened(left_drawer) and not opened(left_drawer, 0.8) and not opened(right_drawer)
closed(right_drawer) and not closed(left_drawer)
at(red_block, 0.4, 0.01) and not at(red_block, 0.4, 0.1) and not at(duck, 0.3, -0.2)
at(red_block, 0.4, 0, 0.02) and not at(red_block, 0.4, 0, 0.2)
at(red_block, 0.4, 0.1, tol=0.2)
0.04 < distance(red_block, blue_block) and distance(red_block, blue_block) < 0.05
age(red_block) == 1 and age(blue_block) == 1.5
count() == 5
count(category="block") == 3 and count(colour="red") == 1
count(place=red_bin) == 1 and count(place=lane) == 2 and count(kind="drawer") == 2
place(fork) == left_drawer and place(mug) == hand and place(fork) != table
inside(red_block, place(red_block)) or on(red_block, place(red_block))
reached(mug) and not reached(tray)
tilted(mug) and not tilted(red_block) and not tilted(mug, 1.2)
contact() == 0.5 and grip() >= 3 and opening() < 0.07
not collided() and reading("battery") > 0.3 and seconds() == 2
true or false and false
not false and not (true and false)
not not true
visible(red_block) == true
"""


@pytest.mark.parametrize("text", HOLDS.strip().splitlines())
def test_conditions_hold_in_a_scene_made_for_them(state, text):
    condition = parse_condition(text)
    assert condition.evaluate(state)
    assert not parse_condition(f"not ({text})").evaluate(state)
    assert parse_condition(str(condition)) == condition


def test_every_function_is_tried_above_and_told_to_models():
    reference = condition_reference()
    for name, function in FUNCTIONS.items():
        assert f"{name}(" in HOLDS
        assert f"{function.signature}" in reference
        assert function.help in reference


ABOUT_THINGS = [
    name
    for name, function in FUNCTIONS.items()
    if any(each.type == "entity" and each.required for each in function.parameters)
]


@pytest.mark.parametrize("name", ABOUT_THINGS)
def test_relations_with_what_is_unknown_do_not_hold(state, name):
    function = FUNCTIONS[name]
    fill = {"entity": "unicorn", "number": "0.1", "text": '"x"'}
    call = ", ".join(fill[each.type] for each in function.parameters if each.required)
    tails = {
        "truth": [""],
        "number": [" < 1", " >= 1", " != 1"],
        "entity": [" == table", " != table"],
    }
    for tail in tails[function.type]:
        assert not parse_condition(f"{name}({call}){tail}").evaluate(state)


def test_without_a_hand_nothing_is_held_or_empty(state):
    bare = State(tick=0, seconds=0.0, entities=state.entities)
    assert not parse_condition("hand_empty() or holding_any() or holding(mug)").evaluate(bare)
    assert not parse_condition("grip() < 1 or grip() >= 1 or contact() != 2").evaluate(bare)
    assert parse_condition("age(duck) == 0").evaluate(bare)


def test_what_a_mobile_body_reached_and_sees_to_its_left(state):
    base = np.array([0.0, 0.0, np.pi / 2])
    mobile = State(tick=1, seconds=1.0, entities=state.entities, base=base)
    assert parse_condition("reached(red_block)").evaluate(mobile)
    # It looks along y: what lies farther along x is to its right.
    assert parse_condition("right_of(right_drawer, red_block)").evaluate(mobile)
    assert parse_condition("behind(red_bin, red_block)").evaluate(mobile)
    far = State(tick=1, seconds=1.0, entities=state.entities, base=np.array([5.0, 0.0, 0.0]))
    assert not parse_condition("reached(red_block)").evaluate(far)


def test_entities_are_named_once_each_in_their_order():
    text = "near(mug, tray) and holding(mug) or count(place=lane) > 1"
    assert parse_condition(text).entities == ("mug", "tray", "lane")


def test_conditions_tell_whether_they_depend_on_pictures():
    assert parse_condition("on(a, b) and hand_empty()").sighted
    assert not parse_condition("holding(a) or grip() > 1 and not collided()").sighted


def test_numbers_have_values(state):
    assert parse_condition("distance(red_block, red_bin)", type="number").value(state) > 0.4
    assert parse_condition("holding(mug)").value(state) == 1.0
    assert np.isnan(parse_condition("age(unicorn)", type="number").value(state))


REFUSED = [
    ("", 0, "the end"),
    ("on(a b)", 5, "expected `,` or `)`"),
    ("onn(a, b)", 0, "did you mean 'on'"),
    ("on(a)", 4, "b is not given"),
    ("on(a, b, c)", 9, "too many arguments"),
    ("on(a, b", 7, "the end"),
    ("on(a,)", 4, "after `,`"),
    ("near(a, b, meters=1)", 11, "did you mean 'metres'"),
    ("near(a, b, a=c)", 11, "given twice"),
    ("near(a=b, c)", 10, "without a name"),
    ("count(colour=red)", 13, 'write "red"'),
    ('visible("mug")', 8, "write mug without quotes"),
    ("mug", 0, "expected a condition"),
    ("3", 0, "expected a condition"),
    ("holding(mug) and 3", 17, "expected a condition, found a number"),
    ("not mug", 4, "expected a condition, found an entity"),
    ("1 < 2 < 3", 6, "join two comparisons"),
    ("grip() > mug", 7, "cannot be compared"),
    ("mug < cup", 4, "compares numbers"),
    ("holding", 0, "is a function: holding(a)"),
    ("holding(mug) && true", 13, "write 'and'"),
    ("grip() = 3", 7, "expected the end"),
    ("= 3", 0, "equality is written =="),
    ("holding(mug) holding(cup)", 13, "expected the end"),
    ('visible("mug)', 8, "never closed"),
    ("1e999 > 1", 0, "too large"),
    ("not", 3, "the end"),
    ("and", 0, "expected a condition"),
    ("__import__(os)", 0, "no function is called"),
    ("a.b", 1, "'.' means nothing"),
]


@pytest.mark.parametrize(("text", "position", "message"), REFUSED)
def test_refusals_say_what_and_where(text, position, message):
    with pytest.raises(ConditionError) as caught:
        parse_condition(text)
    assert caught.value.position == position
    assert message in str(caught.value)
    assert f"character {position}" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["(" * 5000, "not " * 499 + "true", "clear(" * 300, "((" * (MAX_DEPTH // 2) + "(true"]
)
def test_what_is_too_deep_or_too_long_is_refused(text):
    with pytest.raises(ConditionError) as caught:
        parse_condition(text)
    assert 0 <= caught.value.position <= len(text)


def test_the_deepest_and_the_longest_that_are_allowed_are_read(state):
    deep = "(" * MAX_DEPTH + "true" + ")" * MAX_DEPTH
    assert parse_condition(deep).evaluate(state)
    long = " and ".join(["true"] * (MAX_LENGTH // 9))
    assert parse_condition(long).evaluate(state)


# --- properties -------------------------------------------------------------------------------

ENTITIES = st.sampled_from(["red_block", "mug", "table", "duck", "unicorn", "lane", "left_drawer"])
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: f"{value!r}")
TEXTS = st.sampled_from(['"red"', "'block'", '""', "'say \"hi\"'"])


@st.composite
def calls(draw, type):
    names = [name for name, each in FUNCTIONS.items() if each.type == type]
    function = FUNCTIONS[draw(st.sampled_from(sorted(names)))]
    parts = []
    by_name = draw(st.booleans())
    strategies = {"entity": ENTITIES, "number": NUMBERS, "text": TEXTS}
    skipped = False
    for each in function.parameters:
        if not each.required and draw(st.booleans()):
            skipped = True
            continue
        value = draw(strategies[each.type])
        parts.append(f"{each.name}={value}" if by_name or skipped else value)
    if by_name:
        parts = draw(st.permutations(parts))
    return f"{function.name}({', '.join(parts)})"


COMPARISONS = st.builds(
    "{} {} {}".format,
    calls("number") | NUMBERS,
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    calls("number") | NUMBERS,
)
CONDITIONS = st.recursive(
    calls("truth") | COMPARISONS | st.sampled_from(["true", "false", "place(mug) == hand"]),
    lambda inner: (
        inner.map("not ({})".format)
        | st.lists(inner, min_size=2, max_size=3).map(" and ".join)
        | st.lists(inner, min_size=2, max_size=3).map(" or ".join)
        | inner.map("({})".format)
        | inner.map("({}) == true".format)
    ),
    max_leaves=8,
)


@given(CONDITIONS)
@settings(max_examples=150, deadline=None)
def test_printed_conditions_parse_to_the_same(state, text):
    condition = parse_condition(text)
    again = parse_condition(str(condition))
    assert again == condition
    assert str(again) == str(condition)
    assert again.evaluate(state) is condition.evaluate(state)


@given(CONDITIONS, CONDITIONS)
@settings(max_examples=60, deadline=None)
def test_logic_is_that_of_python(state, one, two):
    a, b = (parse_condition(text).evaluate(state) for text in (one, two))
    assert parse_condition(f"({one}) and ({two})").evaluate(state) == (a and b)
    assert parse_condition(f"({one}) or ({two})").evaluate(state) == (a or b)
    assert parse_condition(f"not ({one})").evaluate(state) == (not a)


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_text_at_all_does_harm(text):
    harmless(text)


PIECES = [
    *FUNCTIONS, "and", "or", "not", "true", "false", "(", ")", ",", "=", "==", "<", ">=", "!=",
    "mug", "red_block", "0.5", "-3", "1e9", '"red"', "'", '"', " ", "\n", "\t", ".", "-", "é", "\0",
    "a=", "metres=", "{}", "\\", "#", "𝛼", "0x1", "1.2.3", "_", "lambda:0", "[", "]", ";",
]  # fmt: skip


def mutants(seed, count):
    """Yields texts: valid conditions damaged a little, and pieces thrown together."""
    rng = random.Random(seed)
    valid = HOLDS.strip().splitlines()
    for _ in range(count):
        if rng.random() < 0.2:
            yield rng.choice(["", " "]).join(rng.choices(PIECES, k=rng.randint(0, 25)))
            continue
        text = rng.choice(valid)
        for _ in range(rng.randint(1, 5)):
            at, to = sorted(rng.randint(0, len(text)) for _ in range(2))
            middle = rng.choice(["", rng.choice(PIECES), text[at:to] * 2, text[at:to][::-1]])
            text = text[:at] + middle + text[at if rng.random() < 0.5 else to :]
        yield text


def harmless(text, state=None):
    """Asserts that a text is read or refused in good order; tells which."""
    try:
        condition = parse_condition(text)
    except ConditionError as error:
        assert 0 <= error.position <= len(text)
        assert str(error)
        return False
    assert parse_condition(str(condition)) == condition
    if state is not None:
        assert isinstance(condition.evaluate(state), bool)
    return True


def fuzz(state, seed, count):
    read = sum(harmless(text, state) for text in mutants(seed, count))
    # Both ends must be met, else the fuzz would test nothing.
    assert count * 0.02 < read < count * 0.9


def test_damaged_conditions_do_no_harm(state):
    fuzz(state, seed=1, count=1000)


@pytest.mark.slow
def test_ten_thousand_damaged_conditions_do_no_harm(state):
    fuzz(state, seed=2, count=10_000)


@pytest.mark.slow
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=30))
@settings(max_examples=10_000, deadline=None)
def test_ten_thousand_drawn_texts_do_no_harm(state, pieces):
    harmless("".join(pieces), state)
