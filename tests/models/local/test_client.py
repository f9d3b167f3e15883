"""A model on this machine as a client: what it answers, counts, refuses and keeps apart."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from embodied_mem.errors import (
    ConfigError,
    MissingExtraError,
    MissingWeightsError,
    ModelError,
    ModelTimeout,
)
from embodied_mem.models import Message, ModelClient
from embodied_mem.models.local import Transformers, TransformersConfig
from embodied_mem.models.local.conversation import folded
from embodied_mem.models.registry import open_model_client
from tiny_models import save_tiny

LOOSE = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
LONG = {"type": "array", "items": {"type": "integer"}, "minItems": 2000}


def said(text: str = "Where is the mug?", *images: str) -> list[Message]:
    return [
        Message(role="system", text="You are a robot's memory."),
        Message(role="user", text=text, images=images),
    ]


def client(folder: Path, **settings: Any) -> Transformers:
    settings = {"max_new_tokens": 32, "closing": 16, "threads": 1, **settings}
    return Transformers(str(folder), config=TransformersConfig(**settings))


def test_an_address_makes_one(tiny: Any) -> None:
    made = open_model_client(f"transformers:{tiny('llama')}")
    assert isinstance(made, Transformers) and isinstance(made, ModelClient)
    assert made.name.startswith("transformers:llama")


def test_greedy_answers_are_the_same_each_time(tiny: Any) -> None:
    first, second = (client(tiny("llama")).complete(said()) for _ in range(2))
    assert first.text == second.text and first.text
    assert first.completion_tokens <= 32 and first.seconds > 0.0


def test_tokens_are_counted_as_the_model_reads_them(tiny: Any) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny("llama"))
    done = client(tiny("llama")).complete(said(), schema=LOOSE)
    turns = [{"role": each.role, "content": each.text} for each in said()]
    rendered = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    assert done.prompt_tokens == len(tokenizer(rendered, add_special_tokens=False)["input_ids"])
    # The end is a token, too; what is drawn token by token may be split in another way.
    assert (
        2 <= done.completion_tokens <= 32 and done.completion_tokens <= len(done.text.encode()) + 1
    )


def test_drawn_answers_depend_on_the_seed_alone(tiny: Any) -> None:
    import torch

    before = torch.random.get_rng_state()
    texts = [
        client(tiny("llama"), temperature=1.0, seed=seed).complete(said()).text
        for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1] != texts[2]
    assert torch.equal(before, torch.random.get_rng_state())


def test_calls_draw_other_tokens_each(tiny: Any) -> None:
    drawing = client(tiny("llama"), temperature=1.0)
    assert drawing.complete(said()).text != drawing.complete(said()).text


def test_the_number_of_threads_is_left_as_it_was(tiny: Any) -> None:
    import torch

    before = torch.get_num_threads()
    client(tiny("llama"), threads=before + 1).complete(said())
    assert torch.get_num_threads() == before


def test_time_that_is_up_ends_an_answer_and_hurts_no_later_one(tiny: Any) -> None:
    asked = client(tiny("llama"), max_new_tokens=3000)
    asked.load()
    start = time.perf_counter()
    with pytest.raises(ModelTimeout, match=r"within 0\.3 s"):
        asked.complete(said(), schema=LONG, timeout=0.3)
    assert time.perf_counter() - start < 3.0
    fresh = client(tiny("llama"), max_new_tokens=3000)
    assert asked.complete(said(), schema=LOOSE).text == fresh.complete(said(), schema=LOOSE).text


def test_a_prompt_that_takes_too_long_to_read_ends_too(tiny: Any) -> None:
    asked = client(tiny("llama"))
    asked.load()
    with pytest.raises(ModelTimeout, match="no whole answer"):
        asked.complete(said("where is the mug? " * 200), timeout=1e-4)


def test_threads_get_the_answers_that_one_would_get(tiny: Any) -> None:
    questions = [f"Where is thing {number}?" for number in range(6)]
    alone = client(tiny("llama"), kept_tokens=0)
    wanted = [alone.complete(said(each), schema=LOOSE).text for each in questions]
    shared = client(tiny("llama"), kept_tokens=0)
    got: dict[str, str] = {}

    def ask(question: str) -> None:
        got[question] = shared.complete(said(question), schema=LOOSE).text

    asking = [threading.Thread(target=ask, args=(each,)) for each in questions]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert [got[each] for each in questions] == wanted


def test_who_waits_for_another_thread_waits_no_longer_than_given(tiny: Any) -> None:
    shared = client(tiny("llama"), max_new_tokens=3000)
    shared.load()
    busy = threading.Thread(target=_until_late, args=(shared, 1.5))
    busy.start()
    time.sleep(0.3)
    with pytest.raises(ModelTimeout, match=r"busy with another question for 0\.1 s"):
        shared.complete(said(), timeout=0.1)
    busy.join()


def _until_late(shared: Transformers, seconds: float) -> None:
    with pytest.raises(ModelTimeout):
        shared.complete(said(), schema=LONG, timeout=seconds)


def test_an_answer_gets_the_room_that_is_left(tmp_path: Path) -> None:
    asked = client(save_tiny(tmp_path / "short", context=200), max_new_tokens=190)
    for count in range(0, 60, 10):
        done = asked.complete(said("mug " * count), schema=LOOSE)
        assert done.prompt_tokens + done.completion_tokens <= 200
    with pytest.raises(ModelError, match="reads at most 200 with its answer: show it less"):
        asked.complete(said("mug " * 200))


def test_pictures_are_refused_by_a_model_that_sees_none(tiny: Any) -> None:
    with pytest.raises(ModelError, match="1 pictures were to be shown, and the model sees none"):
        client(tiny("llama")).complete(said("What is this?", "one"))


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path) -> None:
    asked = client(save_tiny(tmp_path / "plain", template=False))
    with pytest.raises(ModelError, match="has no chat template"):
        asked.complete(said())


def test_a_template_that_knows_no_system_gets_its_words_from_the_user(tmp_path: Path) -> None:
    strict = (
        "{% for message in messages %}"
        "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('Roles must alternate user/assistant') }}{% endif %}"
        "<|start|>{{ message['content'] }}<|end|>{% endfor %}"
    )
    folder = save_tiny(tmp_path / "strict")
    (folder / "chat_template.jinja").write_text(strict)
    assert client(folder).complete(said()).prompt_tokens > 0
    (folder / "chat_template.jinja").write_text("{{ raise_exception('Never') }}")
    with pytest.raises(ModelError, match="refuses the conversation: Never"):
        client(folder).complete(said())


def test_folding_keeps_every_word_and_picture() -> None:
    turns = [*said("One", "a"), Message(role="user", text="Two", images=("b",))]
    turns += [Message(role="assistant", text="Three"), Message(role="user", text="Four")]
    roles = [each.role for each in folded(turns)]
    assert roles == ["user", "assistant", "user"]
    assert folded(turns)[0].images == ("a", "b")
    assert folded(turns)[0].text == "You are a robot's memory.\n\nOne\n\nTwo"


def test_weights_must_be_named_and_here(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="which local model"):
        open_model_client("transformers:")
    with pytest.raises(MissingWeightsError, match="there is no folder"):
        Transformers(str(tmp_path / "nothing"))


def test_settings_are_checked() -> None:
    wrong = {
        "max_new_tokens": 0,
        "closing": -1,
        "temperature": -1.0,
        "device": "tpu",
        "dtype": "i4",
    }
    for name, value in wrong.items():
        with pytest.raises(ConfigError, match=name):
            TransformersConfig(**{name: value})  # type: ignore[arg-type]


def test_a_device_that_is_not_there_is_refused(tiny: Any) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(ConfigError, match="torch finds no GPU here"):
        client(tiny("llama"), device="cuda").load()


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_the_numbers_of_the_weights_are_chosen(tiny: Any, dtype: Any) -> None:
    assert client(tiny("llama"), dtype=dtype).complete(said(), schema=LOOSE).text.startswith("{")


def test_without_the_extra_one_line_tells(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embodied_mem.models.local.loading.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"embodied_mem\[models\]"):
        Transformers(str(tiny("llama")))


def test_to_import_it_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'transformers', 'llguidance', 'huggingface_hub', 'PIL'}"
    code = f"import sys, embodied_mem.models.local; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
