import numpy as np
from scipy.optimize import check_grad

from embodied_mem.models.tuning.surrogate import GaussianProcess


def test_the_gradient_is_that_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    at, values = rng.random((20, 3)), rng.standard_normal(20)
    process = GaussianProcess(3)
    process.fit(at, values, steps=0)
    for _ in range(5):
        theta = rng.uniform(-1.5, 0.5, 4)
        error = check_grad(lambda t: process._loss(t)[0], lambda t: process._loss(t)[1], theta)
        assert error < 1e-4 * max(1.0, float(np.abs(process._loss(theta)[1]).max()))


def test_it_finds_which_column_matters_and_how_sure_it_may_be() -> None:
    rng = np.random.default_rng(1)
    at = rng.random((60, 3))
    values = np.sin(6.0 * at[:, 0]) + 0.1 * rng.standard_normal(60)
    process = GaussianProcess(3)
    process.fit(at, values, steps=30)
    new = rng.random((200, 3))
    mean, deviation = process.predict(new)
    truth = np.sin(6.0 * new[:, 0])
    assert np.sqrt(np.mean((mean - truth) ** 2)) < 0.1
    assert 0.85 < np.mean(np.abs(mean - truth) < 2.0 * deviation) <= 1.0
    far = np.array([[3.0, 3.0, 3.0]])
    assert process.predict(far)[1][0] > 3.0 * deviation.mean()


def test_equal_values_are_no_trouble() -> None:
    at = np.random.default_rng(2).random((8, 2))
    process = GaussianProcess(2)
    process.fit(at, np.zeros(8), steps=10)
    mean, deviation = process.predict(at)
    assert np.allclose(mean, 0.0) and np.isfinite(deviation).all()
