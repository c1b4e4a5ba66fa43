"""The list of protected people: who is on it, and that leaving it is for good."""

from __future__ import annotations

from domain.cameo.protection import (
    PROTECTION,
    EndProtection,
    PersonProtected,
    ProtectionEnded,
    ProtectionOver,
    ProtectionUnknown,
    ProtectPerson,
)
from tests import words
from tests.domain.given import Story

ID = words.an_id("prt")
SAID = {"protected_id": ID, "reason": "public-figure", "reference": "case/17"}
MADE = {"model": "sface", "version": "1"}
protect = ProtectPerson.model_validate({"command_id": "p", "at": words.moment(), **SAID, **MADE})
end = EndProtection(command_id="e", at=words.moment(), reason="asked")
nobody = Story(PROTECTION)


def protected() -> PersonProtected:
    return PersonProtected.model_validate({"at": words.moment(), **SAID, **MADE})


def ended() -> ProtectionEnded:
    return ProtectionEnded(at=words.moment(), protected_id=ID, reason="asked")


def test_somebody_is_protected_once_and_until_it_ends() -> None:
    nobody.when(protect).then(protected())
    nobody.given(protected()).when(protect).then_nothing()
    nobody.given(protected()).when(end).then(ended())
    nobody.given(protected(), ended()).when(end).then_nothing()


def test_what_has_ended_does_not_begin_again_and_what_never_was_does_not_end() -> None:
    nobody.given(protected(), ended()).when(protect).then_refused(ProtectionOver)
    nobody.when(end).then_refused(ProtectionUnknown)
