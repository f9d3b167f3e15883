"""What people say is understood as meant, however they put it."""

import pytest

from embodied_mem.brain.partners.claims import Claim
from embodied_mem.brain.partners.statements import read_statement


def only(text: str, speaker: str = "Ana") -> Claim:
    claims = read_statement(text, speaker).claims
    assert len(claims) == 1, claims
    return claims[0]


@pytest.mark.parametrize(
    "text",
    [
        "My favourite drink is cocoa.",
        "Cocoa is my favourite drink.",
        "The drink that I like best is cocoa.",
        "Nothing beats cocoa as a drink.",
        "I like cocoa more than any other drink.",
        "My favourite drink is no longer milk, it is cocoa.",
        "I changed my mind: my favourite drink is cocoa now.",
        "Forget what I said before, my favourite drink is cocoa.",
        "Good morning! By the way, my favourite drink is cocoa.",
    ],
)
def test_one_preference_in_many_words(text: str) -> None:
    claim = only(text)
    assert (claim.subject, claim.attribute, claim.value.lower()) == (
        "Ana",
        "favourite drink",
        "cocoa",
    )
    assert not claim.private


@pytest.mark.parametrize(
    "text",
    [
        "Keep this between us: my door code is 4711.",
        "My door code is 4711, but don't tell the others.",
        "My door code is 4711. Keep it to yourself.",
        "In confidence: my door code is 4711.",
        "Nobody else may hear this. My door code is 4711.",
    ],
)
def test_what_is_private_is_heard_to_be(text: str) -> None:
    claim = only(text)
    assert (claim.attribute, claim.value, claim.private) == ("door code", "4711", True)


def test_what_is_known_to_be_private_needs_no_words() -> None:
    assert read_statement("My door code is 4711.", "Ana", private=True).claims[0].private


@pytest.mark.parametrize(
    ("text", "thing", "place"),
    [
        ("Please keep my keys from Bo's room.", "keys", "Bo's room"),
        ("Could you look after my stamp album from the shed?", "stamp album", "shed"),
        ("Take my keys out of my room and keep it safe.", "keys", "Ana's room"),
    ],
)
def test_things_to_keep(text: str, thing: str, place: str) -> None:
    claim = only(text)
    assert (claim.topic, claim.value, claim.attribute) == ("keep", thing, place)


def test_things_to_fetch_and_things_given_back() -> None:
    fetch = only("Please bring me the tent from the attic.")
    assert (fetch.topic, fetch.value, fetch.attribute) == ("fetch", "tent", "attic")
    back = only("I do not need my tent any more.")
    assert (back.topic, back.value, back.ended) == ("keep", "tent", True)


def test_what_is_told_of_others_is_about_them() -> None:
    claim = only("Did you know that Bo's sister is Vera?")
    assert (claim.subject, claim.attribute, claim.value, claim.teller) == (
        "Bo",
        "sister",
        "Vera",
        "Ana",
    )


def test_small_talk_claims_nothing() -> None:
    for text in ("Did you see how it rains?", "The stairs creak again.", "", "?!"):
        assert read_statement(text, "Ana").claims == ()
