"""Laws of poses in the plane."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.scene.drift.planar import between, compose, inverse, planar, upright

_POSES = st.tuples(st.floats(-9, 9), st.floats(-9, 9), st.floats(-3.1, 3.1)).map(np.array)


@settings(max_examples=50, deadline=None)
@given(first=_POSES, second=_POSES)
def test_composing_is_multiplying_transforms(first: np.ndarray, second: np.ndarray) -> None:
    whole = upright(first) @ upright(second)
    np.testing.assert_allclose(upright(compose(first, second)), whole, atol=1e-9)
    np.testing.assert_allclose(upright(planar(whole)), whole, atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(first=_POSES, second=_POSES)
def test_between_undoes_composing(first: np.ndarray, second: np.ndarray) -> None:
    back = compose(first, between(first, second))
    np.testing.assert_allclose(upright(back), upright(second), atol=1e-9)
    np.testing.assert_allclose(upright(compose(first, inverse(first))), np.eye(4), atol=1e-9)
