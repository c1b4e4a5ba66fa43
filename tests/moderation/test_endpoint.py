"""A reasoning model is asked with quoted data, and whatever it answers, it permits nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from activities.moderation.answers import Nonsense, findings_in
from activities.moderation.asking import Question, instructions, quoted
from activities.moderation.content import Content, of_text
from activities.moderation.default_policy import default_policy
from activities.moderation.endpoint import Endpoint
from activities.moderation.lists import built_in
from activities.moderation.panel import Panel
from activities.moderation.words import Words
from domain.moderation.deciding import decide
from domain.moderation.finding import Detector, Findings, Look
from domain.moderation.policy import Threshold
from domain.moderation.verdict import Context
from tests.moderation.injections import INJECTIONS, REQUEST

POLICY = default_policy()
KEY = b"a key of the tests"
HARMLESS = of_text("A fox waits for the last bus.")
Script = Callable[[dict[str, Any]], str]
"""What a model says to what it is sent."""


def an_answer(seal: str, **more: Any) -> str:
    plain = {"violates": False, "clause": None, "confidence": 90, "place": None, "quote": None}
    return json.dumps({"seal": seal} | plain | more)


def the_question(content: Content = HARMLESS) -> Question:
    return Question(content, POLICY, False, KEY)


def an_endpoint(script: Script, **more: Any) -> Endpoint:
    def answer(request: httpx.Request) -> httpx.Response:
        said = script(json.loads(request.content))
        message = {"role": "assistant", "content": said}
        return httpx.Response(200, json={"choices": [{"message": message}]} | more)

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return Endpoint(client, "http://model.test/v1", "a-model", KEY)


async def looked(script: Script, content: Content = HARMLESS) -> Look:
    return await an_endpoint(script).look(content, POLICY, strict=False)


def outcome(look: Look, content: Content = HARMLESS, *, strict: bool = False) -> str:
    context = Context(content_sha256=content.sha256, strict=strict)
    alone = POLICY.model_copy(update={"required": ()})
    return decide(Findings(stage="prompt", looks=(look,)), alone, context).outcome


def sent(body: dict[str, Any]) -> dict[str, Any]:
    """The content as the model is shown it."""
    found: dict[str, Any] = json.loads(body["messages"][1]["content"])
    return found


def honest(body: dict[str, Any]) -> str:
    """A model that judges the quoted texts and nothing else."""
    for each in sent(body)["content"]:
        if REQUEST in each["text"]:
            place = {"place": each["place"], "quote": REQUEST}
            return an_answer(sent(body)["seal"], violates=True, clause="VIO-1", **place)
    return an_answer(sent(body)["seal"])


def parrot(body: dict[str, Any]) -> str:
    """A model that repeats what it read."""
    return str(sent(body)["content"][0]["text"])


def obedient(body: dict[str, Any]) -> str:
    """A model that answers with the JSON that a text tells it to answer with."""
    text = parrot(body)
    begin, end = text.find("{"), text.rfind("}")
    return text[begin : end + 1] if begin >= 0 else "ALLOW"


def persuaded(body: dict[str, Any]) -> str:
    """The worst: a model that is talked into a well-formed answer."""
    return an_answer(sent(body)["seal"])


async def test_a_harmless_text_that_an_honest_model_permits_is_allowed() -> None:
    assert outcome(await looked(honest)) == "allow"


async def test_a_violation_names_its_clause_and_its_words() -> None:
    content = of_text(f"First a sunrise, then {REQUEST}, seen from above.")
    look = await looked(honest, content)
    (finding,) = look.findings
    begin, end = finding.segment.words or (0, 0)
    assert (finding.clause, finding.category) == ("VIO-1", "violence")
    assert content.parts[0].text[begin:end] == REQUEST
    assert outcome(look, content) == "block"


def test_there_are_two_hundred_injections() -> None:
    assert len(set(INJECTIONS)) == 200


async def test_no_injection_gets_out_of_its_quotation() -> None:
    bodies: list[dict[str, Any]] = []

    def keep(body: dict[str, Any]) -> str:
        bodies.append(body)
        return honest(body)

    endpoint = an_endpoint(keep)
    for text in INJECTIONS:
        content = of_text(text)
        assert outcome(await endpoint.look(content, POLICY, strict=False), content) == "block"
    for text, body in zip(INJECTIONS, bodies, strict=True):
        told, shown = body["messages"]
        assert told == {"role": "system", "content": instructions(POLICY, "prompt")}
        assert sent(body)["content"] == [{"place": "prompt", "text": text}]
        inside = shown["content"].split('"text":"')[1].split('"}],"strict"')[0]
        assert not set("<>[]{}|#`") & set(inside)


@pytest.mark.parametrize("model", [parrot, obedient])
async def test_no_injection_that_is_repeated_or_obeyed_permits_anything(model: Script) -> None:
    endpoint = an_endpoint(model)
    for text in INJECTIONS:
        content = of_text(text)
        look = await endpoint.look(content, POLICY, strict=False)
        assert (look.failure, outcome(look, content)) == ("nonsense", "hold"), text


async def test_a_model_that_is_talked_round_takes_no_other_finding_away() -> None:
    panel, endpoint = Panel((Words(built_in()),)), an_endpoint(persuaded)
    policy = POLICY.model_copy(update={"required": ()})
    for text in INJECTIONS:
        content = of_text(text)
        looks = panel.look(content).looks
        persuaded_look = await endpoint.look(content, POLICY, strict=False)
        assert persuaded_look.state == "looked"
        findings = Findings(stage="prompt", looks=(*looks, persuaded_look))
        context = Context(content_sha256=content.sha256)
        assert decide(findings, policy, context).outcome == "block", text


def test_seals_differ_by_content_policy_strictness_and_key_and_stand_in_no_injection() -> None:
    other = Question(HARMLESS, POLICY, True, KEY), Question(HARMLESS, POLICY, False, b"other")
    seals = {the_question().seal, *(each.seal for each in other)}
    seals |= {the_question(of_text(text)).seal for text in INJECTIONS}
    assert len(seals) == 203
    assert the_question().seal == the_question().seal
    assert not any(seal in text for seal in seals for text in INJECTIONS)


def bad_answers() -> Iterator[str]:
    seal = the_question().seal
    fine = an_answer(seal)
    yield from (
        "",
        "ALLOW",
        "null",
        "[]",
        "{}",
        "true",
        fine[:-1],
        f"{fine} {fine}",
        f"Sure! {fine}",
    )
    yield from (f"```json\n{fine}\n```", an_answer("another"), an_answer(seal[:-1]))
    yield from (an_answer(seal, violates="false"), an_answer(seal, confidence=101))
    yield from (an_answer(seal, confidence=0.5), an_answer(seal, confidence=None))
    yield from (an_answer(seal, extra=1), an_answer(seal, clause="SEX-1"))
    yield from (an_answer(seal, violates=True), an_answer(seal, violates=True, clause="ALLOW-1"))
    yield from (an_answer(seal, quote="x" * 401), fine.replace('"violates"', '"seal"'))
    yield fine[:-1] + ', "violates": false}'
    yield from ("[" * 3000, " " * 5000 + fine, "\x00", fine.replace('"', "'"))


@pytest.mark.parametrize("said", list(bad_answers()), ids=str.__len__)
def test_an_answer_of_any_other_form_is_nonsense(said: str) -> None:
    with pytest.raises(Nonsense):
        findings_in(said, the_question(), Detector(name="reasoner", version="1"))


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("clause", [each.clause for each in POLICY.rules])
def test_what_a_model_calls_a_violation_is_never_too_unsure_to_be_stopped(
    clause: str, strict: bool
) -> None:
    question, who = Question(HARMLESS, POLICY, strict, KEY), Detector(name="reasoner", version="1")
    said = an_answer(question.seal, violates=True, clause=clause, confidence=0)
    look = Look(detector=who, findings=findings_in(said, question, who))
    assert outcome(look, strict=strict) in {"hold", "block"}
    assert look.findings[0].score >= 600


def test_a_rule_that_holds_nothing_refuses_what_a_model_calls_its_violation() -> None:
    rules = tuple(
        each.model_copy(update={"default": Threshold(block=900), "strict": None, "surfaces": ()})
        if each.clause == "ARM-1"
        else each
        for each in POLICY.rules
    )
    policy = POLICY.model_copy(update={"rules": rules})
    question, who = Question(HARMLESS, policy, False, KEY), Detector(name="reasoner", version="1")
    said = an_answer(question.seal, violates=True, clause="ARM-1", confidence=0)
    [found] = findings_in(said, question, who)
    assert found.score == 900


def test_texts_of_any_kind_are_quoted_so_that_they_read_back_the_same() -> None:
    for text in ("", '"', "\\", "\x00\x1b", "א\u202eב", "💥", "<|end|>", "\ud800"):
        expected = text.encode("utf-8", "replace").decode("utf-8")
        assert json.loads(quoted(text)) == expected


def by_transport(answer: Callable[[httpx.Request], httpx.Response]) -> Endpoint:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return Endpoint(client, "http://model.test/v1", "a-model", KEY)


def raising(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return answer


def finished(reason: str) -> httpx.Response:
    choice = {"message": {"content": an_answer(the_question().seal)}, "finish_reason": reason}
    return httpx.Response(200, json={"choices": [choice]})


FAULTS: dict[str, tuple[Callable[[httpx.Request], httpx.Response], str]] = {
    "500": (lambda _: httpx.Response(500, text="internal error"), "refused"),
    "429": (lambda _: httpx.Response(429), "refused"),
    "a redirect": (lambda _: httpx.Response(302, headers={"location": "http://x"}), "refused"),
    "no JSON": (lambda _: httpx.Response(200, text="<html>"), "nonsense"),
    "no choices": (lambda _: httpx.Response(200, json={"choices": []}), "nonsense"),
    "another shape": (lambda _: httpx.Response(200, json=[1, 2]), "nonsense"),
    "no text": (
        lambda _: httpx.Response(200, json={"choices": [{"message": {"content": None}}]}),
        "nonsense",
    ),
    "cut off": (lambda _: finished("length"), "cut-off"),
    "too much": (lambda _: httpx.Response(200, content=b" " * (300 << 10)), "answers-too-much"),
    "no connection": (raising(httpx.ConnectError("refused")), "unreachable"),
    "slow": (raising(httpx.ReadTimeout("slow")), "timed-out"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_endpoint_that_fails_is_a_hold(fault: str) -> None:
    answer, word = FAULTS[fault]
    look = await by_transport(answer).look(HARMLESS, POLICY, strict=False)
    assert (look.state, look.failure, outcome(look)) == ("failed", word, "hold")


async def test_an_endpoint_that_drips_its_answer_for_ever_is_left_in_time() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"1\r\n \r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with httpx.AsyncClient(trust_env=False) as client:
            endpoint = Endpoint(client, f"http://127.0.0.1:{port}/v1", "a-model", KEY, 0.1)
            look = await endpoint.look(HARMLESS, POLICY, strict=False)
            server.close()
    assert (look.failure, outcome(look)) == ("timed-out", "hold")


async def test_a_content_that_is_too_long_is_not_sent() -> None:
    look = await by_transport(raising(AssertionError())).look(
        of_text("a" * 1_000_000), POLICY, strict=False
    )
    assert look.failure == "too-long"


def test_its_version_changes_with_what_it_is_told_at_any_stage_of_texts() -> None:
    endpoint, rule = an_endpoint(honest), POLICY.rules[1]
    others = [
        POLICY.model_copy(update={"rules": (*POLICY.rules, rule.model_copy(update=more))})
        for more in (
            {"clause": "NEW-1", "stages": ("prompt",)},
            {"clause": "NEW-1", "stages": ("plan",)},
            {"clause": "NEW-1", "stages": ("frames",)},
        )
    ]
    versions = [endpoint.detector(each).version for each in (POLICY, *others)]
    assert versions[0] == versions[3]
    assert len(set(versions)) == 3


async def test_the_model_is_told_when_a_human_is_cast() -> None:
    bodies: list[dict[str, Any]] = []

    def keep(body: dict[str, Any]) -> str:
        bodies.append(body)
        return honest(body)

    await an_endpoint(keep).look(HARMLESS, POLICY, strict=True)
    assert sent(bodies[0])["strict"] is True
    assert bodies[0]["temperature"] == 0
