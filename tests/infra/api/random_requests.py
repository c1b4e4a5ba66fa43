"""Random requests within and outside the API's description, made by schemathesis.

A process of its own: in a thread beside the event loop, reading syntax trees once ended in a
SystemError of CPython 3.11 (AST constructor recursion depth mismatch).
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from infra.api.problems import Problem

EXAMPLES = 3
LEFT_OUT = "/events"  # a stream that lasts as long as its generation; it has tests of its own


def try_everything(url: str, headers: dict[str, str]) -> int:
    """Ask every operation rightly and wrongly; the number of requests. Raises AssertionError."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    asked = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        if operation.path.endswith(LEFT_OUT):
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                nonlocal asked
                asked += 1
                kept = {
                    name: value
                    for name, value in dict(case.headers or {}).items()
                    if name.lower() not in {"authorization", "callsheet-account"}
                }
                case.headers = kept | headers
                answer = case.call()
                assert answer.status_code < 500, f"{case.as_curl_command()}: {answer.text}"
                if answer.status_code >= 400:
                    assert answer.headers["content-type"] == ["application/problem+json"]
                    Problem.model_validate_json(answer.content)
                try:
                    case.validate_response(
                        answer,
                        checks=[
                            schemathesis.checks.not_a_server_error,
                            *_checks(
                                "status_code_conformance",
                                "content_type_conformance",
                                "response_schema_conformance",
                            ),
                        ],
                    )
                except FailureGroup as failures:
                    raise AssertionError(
                        "; ".join(f"{type(each).__name__}: {each}" for each in failures.exceptions)
                    ) from None

            with suppress(Unsatisfiable):  # an operation without input cannot be asked wrongly
                ask()
    return asked


def _checks(*names: str) -> list[Any]:
    return [getattr(checks, name) for name in names]


if __name__ == "__main__":
    url, key, account = sys.argv[1:]
    asked = try_everything(url, {"Authorization": f"Bearer {key}", "Callsheet-Account": account})
    print(asked)  # noqa: T201 the answer to the test that started this
