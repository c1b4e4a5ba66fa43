"""Problem documents (RFC 9457): every error of the API, for a person and a program to act on.

One table holds what can go wrong. A document never repeats what the caller wrote, only where in it
something is wrong and which limit it met.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from domain.account.account import AccountUnknown
from domain.generation.refusals import (
    AlreadyRequested,
    AlreadySettled,
    GenerationUnknown,
    NotStored,
    NotYetSampled,
    ShotUnknown,
)
from domain.kernel.errors import Refusal
from domain.video.video import AnotherRelease
from infra.api.refusals import REFUSALS

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2


class FieldProblem(BaseModel):
    """One field that does not hold to its limit."""

    field: str = Field(description="Where: a path such as `shots.0.seconds`, or a header's name.")
    message: str = Field(description="What is wrong with it.")
    limit: str | None = Field(default=None, description="The limit that it met.")


class Problem(BaseModel):
    """What went wrong (RFC 9457), at which stage, and what to do next."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "/docs#request-invalid",
                "title": "The request does not hold to its limits.",
                "status": 422,
                "detail": "width: Input should be a multiple of 16.",
                "code": "request-invalid",
                "stage": "admission",
                "next_step": "Correct the fields named in errors and send it again.",
                "errors": [
                    {
                        "field": "width",
                        "message": "Input should be a multiple of 16",
                        "limit": "multiple_of 16",
                    }
                ],
            }
        }
    )

    type: str = Field(description="Where this kind of problem is explained.")
    title: str = Field(description="The kind of problem, in one sentence.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="This occurrence, in one sentence.")
    code: str = Field(description="The kind of problem, for programs.")
    stage: str = Field(description="Where on the way it was met, such as `admission`.")
    next_step: str = Field(description="What to do next.")
    errors: list[FieldProblem] | None = Field(default=None, description="The fields at fault.")
    generation_id: str | None = Field(
        default=None, description="The generation that this is about, where one was named."
    )


@dataclass(frozen=True)
class Kind:
    """One row of the table: what stands in every document with this code."""

    status: int
    title: str
    next_step: str
    stage: str = "admission"


def _of(refusal: type[Refusal], status: int) -> tuple[str, Kind]:
    title = (refusal.__doc__ or "").strip().split("\n", 1)[0]
    return refusal.code, Kind(status, title, refusal.next_step, refusal.stage)


_AGAIN: Final = "Nothing accepted is lost. Send the request again after the seconds in Retry-After."

KINDS: Final[Mapping[str, Kind]] = {
    "body-not-json": Kind(
        400, "The body is not JSON.", "Send one JSON object, encoded in UTF-8 (RFC 8259)."
    ),
    "body-not-utf8": Kind(
        400, "The body is not UTF-8.", "Encode the JSON body in UTF-8 and send it again."
    ),
    "key-missing": Kind(
        401,
        "The request carries no key.",
        "Send your application's key as `Authorization: Bearer KEY`.",
        "authentication",
    ),
    "key-unknown": Kind(
        401,
        "No client application has this key.",
        "Check the key; whoever runs this server can issue a new one.",
        "authentication",
    ),
    **dict(
        [
            _of(AccountUnknown, 403),
            _of(GenerationUnknown, 404),
            _of(AlreadyRequested, 409),
            _of(AlreadySettled, 409),
            _of(NotYetSampled, 409),
            _of(NotStored, 409),
            _of(ShotUnknown, 422),
            _of(AnotherRelease, 409),
            *(_of(refusal, status) for refusal, status in REFUSALS.items()),
        ]
    ),
    "key-not-staff": Kind(
        403,
        "This key may not review.",
        "Use the key of an application whose name begins with `staff-`.",
        "authentication",
    ),
    "precondition-malformed": Kind(
        422,
        "If-Match does not name a revision.",
        "Send the ETag of the answer that you have read.",
    ),
    "other-account-unknown": Kind(
        404, "No account with this id has been opened.", "Check the id in the address."
    ),
    "route-unknown": Kind(
        404, "There is nothing at this address.", "See /docs for the addresses that exist."
    ),
    "video-unknown": Kind(
        404, "No video with this id can be seen.", "Check the id, or look into GET /v1/feed."
    ),
    "preview-missing": Kind(
        404,
        "There is no preview of this generation now.",
        "Follow its events: one is named there while sampling, where the studio takes any.",
        "sampling",
    ),
    "draft-missing": Kind(
        404,
        "There is no draft of this generation now.",
        "Look at its preview while it is sampled, and at its video once it is released.",
        "storing",
    ),
    "generation-no-draft": Kind(
        409,
        "This generation is no draft.",
        "Wait for its release; ask with the destination `draft` to decide later.",
        "release",
    ),
    "export-unfinished": Kind(
        409,
        "There is no copy to fetch: it is being made, or it was refused.",
        "Read how the export stands.",
        "export",
    ),
    "content-missing": Kind(
        404,
        "The video's file is not in the store.",
        "Tell whoever runs this server: the log says that it should be there.",
        "delivery",
    ),
    "content-erased": Kind(
        410,
        "The content was erased together with its person's key.",
        "Decide by what the findings say, or leave it: nothing of it can be shown.",
        "moderation",
    ),
    "method-not-allowed": Kind(
        405, "This address does not know this method.", "Use a method that the Allow header names."
    ),
    "body-too-slow": Kind(
        408, "The body did not arrive in time.", "Send the whole body without a pause."
    ),
    "idempotency-key-in-flight": Kind(
        409,
        "A request with this Idempotency-Key and another body has not been answered yet.",
        "Repeat the first request to learn its answer, or use a new key for this one.",
    ),
    "body-too-large": Kind(413, "The body is too large.", "Send a smaller body."),
    "body-not-declared-json": Kind(
        415, "The body is not declared as JSON.", "Send Content-Type: application/json."
    ),
    "upload-not-plain": Kind(
        415,
        "The upload is wrapped in a form.",
        "Send the file itself as the body: curl --data-binary @FILE -H 'Content-Type: video/mp4'.",
    ),
    "request-invalid": Kind(
        422,
        "The request does not hold to its limits.",
        "Correct the fields named in errors and send it again.",
    ),
    "idempotency-key-reused": Kind(
        422,
        "This Idempotency-Key has been used for another request.",
        "Use a new Idempotency-Key for each new request.",
    ),
    "request-refused": Kind(
        409, "The request cannot be granted as things stand.", "Read the detail and ask again."
    ),
    "too-many-requests": Kind(
        429,
        "This address asks too often.",
        "Send the request again after the seconds in Retry-After.",
    ),
    "verifier-busy": Kind(
        503,
        "Too many files are being looked at.",
        "Send the file again after the seconds in Retry-After.",
        "service",
    ),
    "unexpected": Kind(
        500,
        "Something that nobody foresaw went wrong here.",
        "Send the request again; if it stays, report the time and the trace id.",
        "service",
    ),
    "dependency-unavailable": Kind(
        503, "A part that this needs cannot be reached.", _AGAIN, "service"
    ),
    "workers-unavailable": Kind(503, "Nobody has taken the request up yet.", _AGAIN, "service"),
    "read-model-behind": Kind(
        503, "It is recorded, and not yet prepared for reading.", _AGAIN, "service"
    ),
    "not-ready": Kind(503, "Not every part is ready.", _AGAIN, "service"),
}
"""Everything that can go wrong, by code."""


class Trouble(Exception):
    """A request that ends in a problem document."""

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        generation_id: str | None = None,
        kind: Kind | None = None,
    ) -> None:
        self.kind = kind or KINDS[code]
        self.code, self.detail = code, detail or self.kind.title
        self.errors, self.generation_id = list(errors), generation_id
        self.headers = dict(headers or {})
        super().__init__(f"{code}: {self.detail}")

    @classmethod
    def refused(cls, refusal: Refusal, generation_id: str | None = None) -> Trouble:
        """The document of a domain's refusal."""
        return cls(refusal.code, str(refusal), generation_id=generation_id)

    @classmethod
    def answered(
        cls, code: str, detail: str, advice: Sequence[object], generation_id: str | None = None
    ) -> Trouble:
        """The document of a refusal that came back from a workflow.

        ``advice`` is the failure's details: the stage and the next step, when it has them.
        """
        if code in KINDS:
            return cls(code, detail, generation_id=generation_id)
        general = KINDS["request-refused"]
        stage, next_step = (
            [str(each) for each in advice]
            if len(advice) == 2
            else (general.stage, general.next_step)
        )
        return cls(
            code,
            detail,
            kind=Kind(general.status, general.title, next_step, stage),
            generation_id=generation_id,
        )

    def problem(self) -> Problem:
        """What the document says."""
        return Problem(
            type=f"/docs#{self.code}",
            title=self.kind.title,
            status=self.kind.status,
            detail=self.detail,
            code=self.code,
            stage=self.kind.stage,
            next_step=self.kind.next_step,
            errors=self.errors or None,
            generation_id=self.generation_id,
        )

    def response(self) -> Response:
        """The document itself, with the headers that belong to its status."""
        headers = dict(self.headers)
        if self.kind.status == 503:
            headers.setdefault("Retry-After", str(RETRY_SECONDS))
        if self.kind.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="callsheet"'
        return Response(
            self.problem().model_dump_json(exclude_none=True),
            status_code=self.kind.status,
            media_type=MEDIA_TYPE,
            headers=headers,
        )
