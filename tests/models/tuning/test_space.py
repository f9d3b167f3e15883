import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError
from embodied_mem.models.tuning.space import AXES, Setting, Space

AXIS = st.lists(st.integers(1, 4096), min_size=1, max_size=4, unique=True).map(
    lambda values: tuple(sorted(values))
)


@given(axes=st.fixed_dictionaries({name: AXIS for name in AXES}))
def test_points_and_settings_are_one_to_one(axes: dict[str, tuple[int, ...]]) -> None:
    space = Space.of(axes)
    settings = list(space)
    assert len(settings) == len(space) == len(set(settings))
    for point, setting in enumerate(settings):
        assert space.setting(point) == setting
        assert space.point(setting) == point
    at = space.coordinates()
    assert at.shape == (len(space), len(AXES) + 1)
    assert at.min() >= 0.0 and at.max() <= 1.0
    assert len({tuple(row) for row in at.tolist()}) == len(space)


def test_neighbours_lie_a_step_apart_and_flight_is_a_logarithm() -> None:
    space = Space(concurrency=(1, 2, 4), batch=(1, 4), max_tokens=(64,))
    at = space.coordinates()
    assert at[:, 0].tolist() == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]
    assert at[:, -1].tolist() == [0.0, 0.5, 0.25, 0.75, 0.5, 1.0]


@pytest.mark.parametrize("values", [(), (2, 1), (1, 1), (0, 1)])
def test_an_axis_that_is_none_is_refused(values: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match="concurrency"):
        Space(concurrency=values)


def test_unknown_axes_and_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="max_tokens"):
        Space.of({"tokens": (1, 2)})
    with pytest.raises(ConfigError, match="3 x 1 calls"):
        Space().point(Setting(concurrency=3))
