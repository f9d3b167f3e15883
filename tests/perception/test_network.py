import os
from types import SimpleNamespace

import pytest

from embodied_mem.errors import MissingExtraError, ModelError
from embodied_mem.perception.network import library, load_network, part_of
from tiny_detectors import save_owlv2

torch = pytest.importorskip("torch")


def test_a_library_that_is_missing_names_the_extra():
    with pytest.raises(MissingExtraError, match=r"no_such_library.*embodied_mem\[perception\]"):
        library("no_such_library", "a detector")


def test_a_version_without_what_is_needed_is_named():
    with pytest.raises(ModelError, match=r"transformers 5\.0 has no Sam9Model: install a newer"):
        part_of(SimpleNamespace(__version__="5.0"), "Sam9Model")


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux")
def test_no_more_threads_than_cores_that_may_be_used(monkeypatch, tmp_path):
    before = torch.get_num_threads()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5})
    try:
        torch.set_num_threads(8)
        network = load_network("Owlv2ForObjectDetection", save_owlv2(tmp_path), "a test")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert not network.model.training
    with network.running():
        assert torch.is_inference_mode_enabled()
    assert not torch.is_inference_mode_enabled()


def test_code_in_a_folder_is_not_run(tmp_path):
    save_owlv2(tmp_path)
    (tmp_path / "modeling_evil.py").write_text("raise SystemExit('run')")
    config = (tmp_path / "config.json").read_text()
    mapping = '{"auto_map": {"AutoModel": "modeling_evil.Evil"},'
    (tmp_path / "config.json").write_text(config.replace("{", mapping, 1))
    load_network("Owlv2ForObjectDetection", tmp_path, "a test")
