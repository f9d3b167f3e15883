import json
import re

import cv2
import numpy as np
import pytest

from embodied_mem.errors import ModelError
from embodied_mem.models.tuning.space import Setting
from embodied_mem.models.tuning.workload import SCHEMA, Workload


def _reply(answer: str) -> str:
    return json.dumps({"thought": "so", "answer": answer})


def test_what_is_asked_for_stands_once_in_the_prompt() -> None:
    workload = Workload()
    for number in range(30):
        probe = workload.probe(number, Setting(records=50))
        text = probe.messages[-1].text
        room, thing = re.search(r"of the (\w+) is the (.+)\?", text).groups()  # type: ignore[union-attr]
        shelves = re.findall(rf"a {thing} seen in the {room} on shelf (\d+)", text)
        assert shelves == [probe.answer]
        assert text.count("record ") == 50


def test_prompts_have_only_their_first_lines_in_common() -> None:
    workload = Workload()
    texts = [workload.probe(number, Setting(records=8)).messages for number in range(40)]
    assert len({messages[0].text for messages in texts}) == 1
    assert len({messages[1].text.split("\n")[0] for messages in texts}) > 35
    assert workload.probe(3, Setting(records=8)) == Workload().probe(3, Setting(records=8))
    assert workload.probe(3, Setting()) != Workload(seed=1).probe(3, Setting())


def test_only_what_is_right_and_whole_is_of_use() -> None:
    workload, lenient = Workload(), Workload(judge="form")
    probe = workload.probe(0, Setting())
    right = _reply(f"shelf {probe.answer}")
    assert workload.trouble(probe, right) == ""
    assert workload.trouble(probe, f"Here it is: ```json\n{right}\n```") == ""
    assert "right is" in workload.trouble(probe, _reply("7"))
    assert lenient.trouble(probe, _reply("7")) == ""
    for text in ("", right[:-3], "no idea", '{"answer": "7"}', '{"thought": "", "answer": 7}'):
        assert workload.trouble(probe, text) and lenient.trouble(probe, text)


def test_a_picture_shows_the_number_and_fades_where_it_is_small() -> None:
    probe = Workload().probe(5, Setting(image_size=448, records=1))
    (handle,) = probe.messages[-1].images
    assert handle == f"probe-{probe.answer}"
    picture = Workload.picture(handle)
    assert picture == Workload.picture(handle) != Workload.picture("probe-999")
    grey = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert grey is not None and grey.shape == (768, 1024)
    darkest = [
        int(cv2.resize(grey, (side, side * 3 // 4), interpolation=cv2.INTER_AREA).min())
        for side in (1024, 224, 32)
    ]
    assert darkest[0] < 30 and darkest == sorted(darkest) and darkest[2] > 60
    with pytest.raises(ModelError, match="no picture"):
        Workload.picture("snapshot-3")


def test_the_schema_is_that_of_the_reply() -> None:
    properties = SCHEMA["properties"]
    assert list(properties) == SCHEMA["required"] == ["thought", "answer"]
