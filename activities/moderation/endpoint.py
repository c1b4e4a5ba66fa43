"""A reasoning model behind any endpoint that speaks OpenAI's chat completions.

For example gpt-oss-safeguard, served by vLLM. It is one more detector: it can only add a finding,
and takes none away that others made. When it is slow, broken or talks nonsense, it has failed to
look, and the content waits for a human.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any, Final

import httpx

from activities.moderation.answers import SCORING, Nonsense, findings_in
from activities.moderation.asking import SCHEMA, Question, instructions
from activities.moderation.content import Content
from activities.moderation.panel import ALL_CHARACTERS_MAX
from domain.moderation.categories import Stage
from domain.moderation.finding import Detector, Look
from domain.moderation.policy import Policy

NAME: Final = "reasoner"
SECONDS_MAX: Final = 20.0
_ANSWER_BYTES_MAX: Final = 256 << 10
_TOKENS_MAX: Final = 1500
_OF_TEXTS: Final[tuple[Stage, ...]] = ("prompt", "plan")


@dataclass(frozen=True)
class Endpoint:
    """Where a model answers. ``address`` ends before ``/chat/completions``; ``key`` seals.

    The client carries the credentials; it does not follow redirects.
    """

    client: httpx.AsyncClient
    address: str
    model: str
    key: bytes
    seconds_max: float = SECONDS_MAX

    def detector(self, policy: Policy) -> Detector:
        """The model, and a hash of what it is told at the stages of texts."""
        stages = "\n".join(dict.fromkeys(instructions(policy, each) for each in _OF_TEXTS))
        told = hashlib.sha256(stages.encode()).hexdigest()[:12]
        return Detector(name=NAME, version=f"{self.model[:80]} asked {told}, scored {SCORING}")

    async def look(self, content: Content, policy: Policy, *, strict: bool) -> Look:
        """The model's finding about a content, or why there is none. Never raises."""
        who = self.detector(policy)
        if not content.parts:
            return Look(detector=who)
        if sum(len(part.text) for part in content.parts) > ALL_CHARACTERS_MAX:
            return _failed(who, "too-long")
        question = Question(content, policy, strict, self.key)
        try:
            async with asyncio.timeout(self.seconds_max):
                said = await self._ask(question)
            return Look(detector=who, findings=findings_in(said, question, who))
        except (TimeoutError, httpx.TimeoutException):
            return _failed(who, "timed-out")
        except _Unfit as unfit:
            return _failed(who, unfit.word)
        except (Nonsense, ValueError, KeyError, IndexError, TypeError, RecursionError):
            return _failed(who, "nonsense")
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            return _failed(who, "unreachable")

    async def _ask(self, question: Question) -> str:
        """The text of the model's message."""
        address = f"{self.address.rstrip('/')}/chat/completions"
        async with self.client.stream(
            "POST", address, json=self._body(question), follow_redirects=False
        ) as response:
            if response.status_code != httpx.codes.OK:
                raise _Unfit("refused")
            received = bytearray()
            async for piece in response.aiter_bytes():
                received += piece
                if len(received) > _ANSWER_BYTES_MAX:
                    raise _Unfit("answers-too-much")
        choice = httpx.Response(200, content=bytes(received)).json()["choices"][0]
        if choice.get("finish_reason") not in ("stop", None):
            raise _Unfit("cut-off")
        said = choice["message"]["content"]
        if not isinstance(said, str):
            raise _Unfit("nonsense")
        return said

    def _body(self, question: Question) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": question.messages(),
            "temperature": 0,
            "seed": 0,
            "max_tokens": _TOKENS_MAX,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "verdict", "strict": True, "schema": SCHEMA},
            },
        }


class _Unfit(Exception):
    """The endpoint's answer cannot be used; ``word`` says why."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def _failed(who: Detector, word: str) -> Look:
    return Look(detector=who, state="failed", failure=word)
