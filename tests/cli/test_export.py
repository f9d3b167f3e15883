import re

from embodied_mem.cli import main


def test_a_house_is_exported_and_the_next_command_named(tmp_path, capsys):
    out = tmp_path / "scene"
    assert main(["export", "--seed", "3", "--rooms", "3", "--out", str(out)]) == 0
    names = sorted(path.name for path in out.iterdir())
    assert names == sorted(
        f"house-3{end}"
        for end in (
            ".glb",
            "_sem.glb",
            "_sem.txt",
            ".stage_config.json",
            ".scene_dataset_config.json",
            ".truth.json",
        )
    )
    printed = capsys.readouterr().out
    assert re.search(r"\d+ objects, 3 rooms", printed)
    assert f"--task habitat/house-3 --scene-dataset {out}" in printed


def test_a_wrong_name_is_told(tmp_path, capsys):
    out = str(tmp_path)
    assert main(["export", "--rooms", "3", "--name", "a/b", "--out", out]) == 1
    assert "scene's name" in capsys.readouterr().err
