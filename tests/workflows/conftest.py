"""One lab for all stories."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.workflows.lab import Lab, a_lab


@pytest.fixture(scope="session")
async def lab() -> AsyncIterator[Lab]:
    async with a_lab() as lab:
        yield lab
