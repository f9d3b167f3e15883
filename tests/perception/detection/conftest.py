import pytest

from tiny_detectors import save_all


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory):
    """A folder with tiny detectors of random weights, where EMBODIED_MEM_MODELS may point."""
    return save_all(tmp_path_factory.mktemp("models"))
