"""The description of the API: OpenAPI, and a page made from it that needs nothing else."""

from __future__ import annotations

import html
import re
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse

from infra.api.problems import KINDS, FieldProblem, Problem

router = APIRouter(include_in_schema=False)

ABOUT: Final = """\
Durable, consent-first production of AI video. Ask for a video, follow how it is made, watch it.

Send your application's key as `Authorization: Bearer KEY` and the acting account in
`Callsheet-Account`. Errors are problem documents (RFC 9457): `code` is for programs, `next_step`
for people."""

_STYLE: Final = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:.2rem}h2{margin-top:2.5rem}
details{border:1px solid var(--line);border-radius:.5rem;margin:.6rem 0;padding:.5rem .9rem}
summary{cursor:pointer}code,pre{font:14px/1.45 ui-monospace,monospace}
pre{background:var(--soft);padding:.7rem;border-radius:.4rem;overflow:auto}
.verb{display:inline-block;min-width:3.6rem;font-weight:700}
table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid var(--line);padding:.35rem .5rem;text-align:left;vertical-align:top}
tr:target{background:#fd05}
"""


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the problem document among its schemas. Made once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=ABOUT,
            routes=app.routes,
            tags=[
                {
                    "name": "accounts",
                    "description": "Who may ask, and whom they follow.",
                },
                {"name": "cameos", "description": "From a signed release to a cameo."},
                {"name": "consent", "description": "Who may cast whom, in what."},
                {"name": "reviews", "description": "What a human decides."},
                {"name": "generations", "description": "From a prompt to a video."},
                {"name": "videos", "description": "What was released."},
                {"name": "verify", "description": "Which of our films a file is. Open to anybody."},
                {"name": "provenance", "description": "What of ours does not verify. For staff."},
                {"name": "notices", "description": "What an account is told."},
                {"name": "health", "description": "For those who run it."},
            ],
        )
        models = schema.setdefault("components", {}).setdefault("schemas", {})
        reference = "#/components/schemas/{model}"
        for model in (Problem, FieldProblem):
            one = model.model_json_schema(ref_template=reference)
            one.pop("$defs", None)
            models[model.__name__] = one
        app.openapi_schema = schema
    return app.openapi_schema


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """Every operation and every problem, on one page."""
    schema = request.app.openapi()
    operations = "\n".join(
        _operation(verb, path, operation)
        for path, verbs in schema["paths"].items()
        for verb, operation in verbs.items()
    )
    problems = "\n".join(
        f'<tr id="{code}"><td><code>{code}</code><td>{kind.status}<td>{_prose(kind.title)}'
        f"<td>{_prose(kind.next_step)}"
        for code, kind in KINDS.items()
    )
    about = "".join(f"<p>{_prose(each)}</p>" for each in ABOUT.split("\n\n"))
    return HTMLResponse(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(app_title(schema))}"
        f"</title><style>{_STYLE}</style><h1>{html.escape(app_title(schema))}</h1>{about}"
        '<p><a href="/openapi.json">OpenAPI document</a></p>'
        f"<h2>Operations</h2>{operations}"
        f"<h2>Problems</h2><table><tr><th>code<th>status<th>what<th>next{problems}</table></html>"
    )


def app_title(schema: dict[str, Any]) -> str:
    """The title and version of the API."""
    return f"{schema['info']['title']} {schema['info']['version']}"


def _operation(verb: str, path: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<tr><td><code>{html.escape(each['name'])}</code><td>{each['in']}"
        f"<td>{'required' if each.get('required') else ''}"
        f"<td>{_prose(each.get('description', ''))}"
        for each in operation.get("parameters", [])
    )
    responses = "".join(
        f"<tr><td>{status}<td colspan=3>{_prose(each.get('description', ''))}"
        for status, each in operation["responses"].items()
    )
    key = "" if operation.get("security") else " (open)"
    return (
        f"<details><summary><span class=verb>{verb.upper()}</span> <code>{html.escape(path)}</code>"
        f" {html.escape(operation.get('summary', ''))}{key}</summary>"
        f"<p>{_prose(operation.get('description', ''))}</p>"
        f"<table>{parameters}{responses}</table></details>"
    )


def _prose(text: str) -> str:
    """Words for the page; what stands between back-ticks is shown as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
