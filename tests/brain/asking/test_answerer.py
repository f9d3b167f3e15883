"""Questions answered by models of rules, which read what a real model would read."""

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from embodied_mem.brain.asking import ModelAnswerer, store_pictures
from embodied_mem.brain.asking.inquiry import LEAST_TOKENS
from embodied_mem.brain.control.clock import Clock
from embodied_mem.errors import ConfigError, ModelError, ModelTimeout
from embodied_mem.memory import Add, MemoryRecord, MemoryStore, RecordIds
from embodied_mem.models.client import Completion, Message, ModelClient
from embodied_mem.models.roles import Roles
from memory_fixture import build_memory
from rule_roles import RuleRoles


class Saying:
    """Says one text after the other, then the last for ever."""

    name = "saying"

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.read: list[tuple[Message, ...]] = []

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        self.read.append(tuple(messages))
        text = self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]
        return Completion(text=text, prompt_tokens=10, completion_tokens=5, seconds=0.5)


def answering(store: MemoryStore, summariser: ModelClient | None = None) -> ModelAnswerer:
    return ModelAnswerer(store, Roles.of(RuleRoles(), summariser=summariser))


@pytest.mark.parametrize(
    ("question", "tool", "told"),
    [
        ("Where is the red kettle?", "where_is", "in the kitchen"),
        ("What is near the sofa?", "what_is_near", "coffee table"),
        ("What is in the office?", "what_is_near", "filing cabinet"),
        ("Where was the blue mug before?", "history", "kitchen"),
        ("Show me the alarm clock", "show_snapshot", "bedroom"),
        ("wardrobe", "recall", "wardrobe"),
    ],
)
def test_a_question_is_answered_rightly_and_with_proof(
    sample_memory: MemoryStore, question: str, tool: str, told: str
) -> None:
    asked = answering(sample_memory).answer(question)
    assert asked.status == "answered" and told in asked.text
    assert [call.tool for call in asked.calls] == [tool]
    assert asked.citations and all(each.call == 1 for each in asked.citations)
    for proof in asked.citations:
        assert sample_memory.get(proof.record).kind == proof.kind
        assert proof.name in asked.calls[0].result


def test_the_cited_picture_shows_what_was_asked_for(sample_memory: MemoryStore) -> None:
    asked = answering(sample_memory).answer("Where is the red kettle?")
    (picture,) = asked.pictures
    assert picture.object == "obj-003" and picture.box is not None
    assert picture.snapshot == asked.citations[0].record


def test_what_is_not_remembered_is_looked_for_twice_and_not_made_up(
    sample_memory: MemoryStore,
) -> None:
    asked = answering(sample_memory).answer("Where is the piano?")
    assert asked.status == "unknown" and not asked.citations
    assert [call.tool for call in asked.calls] == ["where_is", "recall"]
    asked = answering(sample_memory).answer("Tell me a joke")
    assert asked.status == "given_up" and not asked.calls and asked.text


def test_a_record_that_was_never_shown_is_no_proof(sample_memory: MemoryStore) -> None:
    tools = sample_memory.tools()
    other = tools.call("where_is", {"thing": "bed"}).value["things"][0]["snapshot"]
    summariser = Saying(
        json.dumps({"answer": "In the kitchen.", "status": "answered", "cites": [other]}),
        json.dumps({"answer": "In the kitchen.", "status": "answered", "cites": []}),
        json.dumps({"answer": "In the kitchen.", "status": "answered", "cites": [other]}),
    )
    asked = answering(sample_memory, summariser).answer("Where is the red kettle?")
    assert asked.status == "refused" and not asked.citations
    assert "the summariser wrote nothing usable" in asked.text
    invented, missing = summariser.read[1][-1].text, summariser.read[2][-1].text
    assert f'no result shows a record "{other}"' in invented
    shown = tools.call("where_is", {"thing": "red kettle"}).value["things"][0]["snapshot"]
    assert shown in invented and "an answer needs proof" in missing and shown in missing


def test_an_invented_proof_that_is_taken_back_is_forgotten(sample_memory: MemoryStore) -> None:
    tools = sample_memory.tools()
    shown = tools.call("where_is", {"thing": "red kettle"}).value["things"][0]["snapshot"]
    summariser = Saying(
        json.dumps({"answer": "Kitchen.", "status": "answered", "cites": ["k3fm7qp", shown]}),
        json.dumps({"answer": "Kitchen.", "status": "answered", "cites": [f"[{shown}]", shown]}),
    )
    asked = answering(sample_memory, summariser).answer("Where is the red kettle?")
    assert asked.status == "answered" and [each.name for each in asked.citations] == [shown]
    assert asked.usage["summariser"].calls == 2


def test_an_id_in_what_somebody_wrote_is_not_shown_by_that() -> None:
    store = build_memory()
    hidden = store.tools().call("where_is", {"thing": "bed"}).value["things"][0]["snapshot"]
    note = {"text": f"the piano was sold, see picture {hidden}", "about": ["piano"]}
    assert not store.tools(write=True).call("remember", note).failed
    summariser = Saying(
        json.dumps({"answer": "Sold.", "status": "answered", "cites": [hidden]}),
        json.dumps({"answer": "?", "status": "unknown", "cites": []}),
    )
    roles = Roles.of(RuleRoles(), summariser=summariser)
    asked = ModelAnswerer(store, roles).answer("Where is the piano?")
    assert any(hidden in call.result for call in asked.calls)
    assert asked.status == "unknown" and "no result shows" in summariser.read[1][-1].text


def test_who_says_nothing_is_asked_again_or_said_to_give_no_reason(
    sample_memory: MemoryStore,
) -> None:
    summariser = Saying(
        json.dumps({"answer": " ", "status": "unknown", "cites": []}),
        json.dumps({"answer": "I do not know.", "status": "unknown", "cites": []}),
    )
    asked = answering(sample_memory, summariser).answer("Where is the red kettle?")
    assert asked.text == "I do not know." and "is empty" in summariser.read[1][-1].text
    silent = Saying('{"thought": "", "next": "give_up"}')
    asked = ModelAnswerer(sample_memory, Roles.of(silent)).answer("Where is the bed?")
    assert (asked.status, asked.text) == ("given_up", "The planner gives up, and says no reason.")


def test_swapping_one_role_leaves_the_prompts_of_the_others_as_they_are(
    sample_memory: MemoryStore,
) -> None:
    class Fenced:
        """Writes the same calls in another form, under another name."""

        name = "another caller"

        def __init__(self) -> None:
            self.rules = RuleRoles()

        def complete(self, messages: Sequence[Message], **given: Any) -> Completion:
            done = self.rules.complete(messages)
            call = json.loads(done.text)
            call["arguments"]["max_tokens"] = None
            text = f"```json\n{json.dumps(call, indent=2)}\n```"
            return Completion(text=text, prompt_tokens=1, completion_tokens=1, seconds=9.0)

    prompts = []
    for caller in (RuleRoles(), Fenced()):
        planner, summariser = RuleRoles("p"), RuleRoles("s")
        roles = Roles(planner=planner, caller=caller, summariser=summariser)
        asked = ModelAnswerer(sample_memory, roles).answer("Where is the piano?")
        assert len(asked.calls) == 2
        prompts.append((planner.prompts["planner"], summariser.prompts["summariser"]))
    assert prompts[0] == prompts[1]


def test_all_prompts_of_a_question_begin_with_the_one_before(sample_memory: MemoryStore) -> None:
    rules = RuleRoles()
    read: list[str] = []

    class Listening:
        name = "listening"

        def complete(self, messages: Sequence[Message], **given: Any) -> Completion:
            read.append("\n".join(message.text for message in messages))
            return rules.complete(messages)

    ModelAnswerer(sample_memory, Roles.of(Listening())).answer("Where is the piano?")
    assert len(read) == 6
    for one, other in itertools.pairwise(read):
        assert other.startswith(one)


def test_pictures_go_to_models_that_see(sample_memory: MemoryStore) -> None:
    for sees in (True, False):
        rules = RuleRoles()
        answerer = ModelAnswerer(sample_memory, Roles.of(rules), sees=sees)
        asked = answerer.answer("Show me the red kettle")
        handles = [h for message in rules.prompts["summariser"][0] for h in message.images]
        assert handles == ([asked.citations[0].name] if sees else [])
    source = store_pictures(sample_memory)
    assert source(asked.citations[0].name).startswith(b"\xff\xd8\xff")
    assert source(asked.citations[0].record) == source(asked.citations[0].name)
    with pytest.raises(ModelError, match="cannot be shown"):
        source("k3fm7qp")


def test_a_model_without_eyes_is_told_the_same_without_pictures(
    sample_memory: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    class TextOnly:
        name = "text only"

        def __init__(self) -> None:
            self.rules = RuleRoles()
            self.refused = 0

        def complete(self, messages: Sequence[Message], **given: Any) -> Completion:
            if any(message.images for message in messages):
                self.refused += 1
                raise ModelError("1 pictures were to be shown, and the model sees none")
            return self.rules.complete(messages)

    blind = TextOnly()
    roles = Roles.of(RuleRoles(), summariser=blind)
    answerer = ModelAnswerer(sample_memory, roles)
    seeing = ModelAnswerer(sample_memory, Roles.of(RuleRoles())).answer("Show me the red kettle")
    for _ in range(2):
        asked = answerer.answer("Show me the red kettle")
        assert (asked.text, asked.citations) == (seeing.text, seeing.citations)
    assert blind.refused == 1 and answerer.sight.blind == {"summariser"}
    assert "the summariser is shown no pictures" in caplog.text
    with pytest.raises(ModelError, match="sees none"):
        ModelAnswerer(sample_memory, roles, sees=True).answer("Show me the red kettle")


def test_a_server_that_is_gone_is_not_taken_for_blind(sample_memory: MemoryStore) -> None:
    class Gone:
        name = "gone"

        def complete(self, messages: Sequence[Message], **given: Any) -> Completion:
            raise ModelError("no model server answers")

    answerer = ModelAnswerer(sample_memory, Roles.of(RuleRoles(), summariser=Gone()))
    with pytest.raises(ModelError, match="no model server"):
        answerer.answer("Show me the red kettle")
    assert not answerer.sight.blind


def test_a_viewer_is_shown_no_picture_of_others() -> None:
    store, ids = MemoryStore(), RecordIds(2)
    record = MemoryRecord(
        id=ids.new(1),
        kind="snapshot",
        content={},
        observer="ann",
        visibility="private",
        valid_from=1,
        recorded_at=1,
    )
    store.apply([Add(record=record)])
    with pytest.raises(ModelError, match="No record has the id"):
        store_pictures(store, viewer="bob")(record.id)


def test_calls_come_to_an_end(sample_memory: MemoryStore) -> None:
    planner = Saying('{"thought": "where_is of sofa.", "next": "call"}')
    roles = Roles(planner=planner, caller=RuleRoles(), summariser=RuleRoles())
    asked = ModelAnswerer(sample_memory, roles, most_calls=3).answer("Where is the sofa?")
    assert asked.status == "answered" and len(asked.calls) == 3 == asked.usage["planner"].calls
    assert "was made before" in asked.calls[1].result and asked.calls[1].failed
    with pytest.raises(ConfigError, match="most_calls is 0"):
        ModelAnswerer(sample_memory, roles, most_calls=0)
    with pytest.raises(ConfigError, match="cap_tokens is 10"):
        ModelAnswerer(sample_memory, roles, cap_tokens=10)


def test_a_small_cap_is_kept_and_what_was_folded_may_be_cited(sample_memory: MemoryStore) -> None:
    things = ["bed", "kitchen", "living room", "office", "bedroom", "mugs", "sofa", "pillows"]
    planner = Saying(
        *(json.dumps({"thought": f"what_is_near of {t}. " * 8, "next": "call"}) for t in things)
    )
    caller = Saying(
        *(
            json.dumps({"tool": "what_is_near", "arguments": {"target": t, "max_tokens": 4000}})
            for t in things
        )
    )
    shown = sample_memory.tools().call("what_is_near", {"target": "bed"}).value["things"][0]
    summariser = Saying(
        json.dumps({"answer": "yes", "status": "answered", "cites": [shown["snapshot"]]})
    )
    roles = Roles(planner=planner, caller=caller, summariser=summariser)
    asked = ModelAnswerer(sample_memory, roles, cap_tokens=LEAST_TOKENS).answer("word " * 200)
    assert asked.status == "answered" and asked.citations[0].call == 1
    assert any("folded" in message.text for message in summariser.read[0])


def test_unusable_words_end_in_a_refusal_and_no_answer_in_an_error(
    sample_memory: MemoryStore,
) -> None:
    asked = ModelAnswerer(sample_memory, Roles.of(Saying("I'd love to help!"))).answer("Where?")
    assert asked.status == "refused" and "planner wrote nothing usable" in asked.text
    assert asked.usage["planner"].calls == 3 and asked.seconds == pytest.approx(1.5)

    class Down:
        name = "down"

        def complete(self, *args: Any, **given: Any) -> Completion:
            raise ModelTimeout("no answer within 3 s")

    with pytest.raises(ModelTimeout, match="within 3 s"):
        ModelAnswerer(sample_memory, Roles.of(Down())).answer("Where is the bed?")


def test_the_models_time_is_charged_to_a_simulated_clock(sample_memory: MemoryStore) -> None:
    clock = Clock("simulated", rate=200.0)
    rules = RuleRoles(seconds=0.3)
    answerer = ModelAnswerer(sample_memory, Roles.of(rules))
    thought = clock.think(lambda: answerer.answer("Where is the red kettle?"), tick=1000)
    # A thought, a call, another thought and the answer: four times 0.3 s of 200 ticks a second.
    assert not thought.done(1239) and thought.done(1240)
    asked = thought.result()
    assert asked.status == "answered" and asked.seconds == pytest.approx(1.2)
    assert clock.charged == 240
    assert {part: spent.calls for part, spent in asked.usage.items()} == {
        "planner": 2,
        "caller": 1,
        "summariser": 1,
    }
    slow = ModelAnswerer(sample_memory, Roles.of(RuleRoles(seconds=20.0)))
    late = clock.think(lambda: slow.answer("Where is the bed?"), tick=0)
    with pytest.raises(ModelTimeout, match="takes 80 s"):
        late.result()


def test_answers_are_the_same_every_time(sample_memory: MemoryStore) -> None:
    asked = [answering(sample_memory).answer("What is near the sofa?") for _ in range(2)]
    assert asked[0] == asked[1]
