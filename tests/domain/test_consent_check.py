"""The one consent check: limits, versions, all or nothing, and what holds in every world."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.account.relations import AccountUnfollowed
from domain.cameo.cameo import CameoDeleted, CameoSuspended
from domain.consent import events as told
from domain.consent.check import Reason, check
from domain.consent.plan import CastMember
from domain.consent.terms import Act, Limits
from domain.consent.world import World
from tests import words
from tests.domain.consent_words import (
    ANOTHER_CAMEO,
    CAMEO,
    CASTER,
    EXPIRY,
    OTHER,
    OWNER,
    Telling,
    blocks,
    consent_opened,
    follows,
    of_two_adults,
    plan,
    tier_changed,
    use_reserved,
    version_approved,
)

ACTS: tuple[Act, ...] = ("admission", "gpu-start", "publish")
everyone = of_two_adults().consent(tier_changed("everyone"))
at = words.moment()


def reasons(told: Telling, act: Act = "admission", **asked: Any) -> set[Reason]:
    [verdict] = check(told.world(), plan(**asked), act).verdicts
    return set(verdict.reasons)


def admitted(told: Telling, caster_id: str = CASTER) -> Telling:
    return told.consent(
        use_reserved(caster_id=caster_id, rule="self" if caster_id == OWNER else "everyone")
    )


def limited(revision: int = 3, **limits: Any) -> told.LimitsChanged:
    whole = Limits.model_validate({"expires_at": EXPIRY, **limits})
    return told.LimitsChanged(at=at, cameo_id=CAMEO, limits=whole, revision=revision)


@pytest.mark.parametrize(
    ("limits", "asked", "act", "reason"),
    [
        ({}, {"at": EXPIRY}, "admission", "consent-expired"),
        ({}, {"at": EXPIRY}, "gpu-start", "consent-expired"),
        ({}, {"at": EXPIRY}, "publish", "consent-expired"),
        ({"refused_scenes": ("bar",)}, {"scenes": ("bar",)}, "admission", "scene-refused"),
        ({"refused_topics": ("politics",)}, {"topics": ("politics",)}, "publish", "topic-refused"),
        ({"face": False}, {}, "gpu-start", "face-refused"),
        ({"voice": False}, {}, "gpu-start", "voice-refused"),
        ({"generate": False}, {}, "admission", "generating-refused"),
        ({"generate": False}, {}, "gpu-start", "generating-refused"),
        ({"publish": False}, {}, "publish", "publishing-refused"),
        ({"publish": False}, {"destination": "post"}, "admission", "publishing-refused"),
        ({"surfaces": ("export",)}, {}, "admission", "surface-refused"),
        ({"territories": ("DE",)}, {"territory": "FR"}, "publish", "territory-refused"),
        ({"territories": ("DE",)}, {"territory": None}, "publish", "territory-refused"),
        ({"uses_max": 0}, {}, "admission", "budget-exhausted"),
    ],
)
def test_each_limit_refuses_with_its_reason_and_binds_everybody_but_the_owner(
    limits: dict[str, Any], asked: dict[str, Any], act: Act, reason: Reason
) -> None:
    told = everyone.consent(limited(**limits))
    of_others = told if act == "admission" else admitted(told)
    assert reasons(of_others, act, **asked) == {reason}
    of_owner = told if act == "admission" else admitted(told, OWNER)
    assert reasons(of_owner, act, **asked, caster_id=OWNER) == set()


@pytest.mark.parametrize(
    ("limits", "asked", "act"),
    [
        ({}, {"at": EXPIRY - timedelta(microseconds=1)}, "admission"),
        ({"publish": False}, {"destination": "draft"}, "admission"),
        ({"generate": False}, {}, "publish"),
        (
            {"voice": False},
            {"cast": (CastMember(cameo_id=CAMEO, version=1, voice=False),)},
            "admission",
        ),
        ({"refused_scenes": ("bar",)}, {"scenes": ("beach",)}, "admission"),
        ({"surfaces": ("feed",)}, {}, "admission"),
        ({"territories": ("DE",)}, {"territory": "DE"}, "admission"),
        ({"uses_max": 1}, {}, "admission"),
    ],
)
def test_what_stays_within_a_limit_is_permitted(
    limits: dict[str, Any], asked: dict[str, Any], act: Act
) -> None:
    told = everyone.consent(limited(**limits))
    assert reasons(told if act == "admission" else admitted(told), act, **asked) == set()


def test_all_reasons_are_named_at_once() -> None:
    told = everyone.consent(limited(face=False, publish=False, uses_max=0))
    told = told.relation(blocks(OWNER, CASTER))
    found = reasons(told, destination="post", at=EXPIRY)
    assert found == {
        "caster-blocked",
        "consent-expired",
        "budget-exhausted",
        "face-refused",
        "publishing-refused",
    }


def test_a_cast_is_permitted_as_a_whole_or_not_at_all() -> None:
    both = (CastMember(cameo_id=CAMEO, version=1), CastMember(cameo_id=ANOTHER_CAMEO, version=1))
    half = everyone.then(f"cameo-{ANOTHER_CAMEO}", version_approved(cameo_id=ANOTHER_CAMEO))
    half = half.then(f"consent-{ANOTHER_CAMEO}", consent_opened(ANOTHER_CAMEO))
    decision = check(half.world(), plan(cast=both), "admission")
    assert [each.permitted for each in decision.verdicts] == [True, False]
    assert not decision.permitted
    widened = tier_changed("everyone").model_copy(update={"cameo_id": ANOTHER_CAMEO})
    whole = half.then(f"consent-{ANOTHER_CAMEO}", widened)
    assert check(whole.world(), plan(cast=both), "admission").permitted


def test_a_plan_without_a_cast_asks_nobody() -> None:
    assert check(World(), plan(cast=()), "admission").permitted


def test_a_cameo_stands_in_a_cast_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        plan(cast=(CastMember(cameo_id=CAMEO, version=1), CastMember(cameo_id=CAMEO, version=2)))


def test_new_work_casts_the_newest_version_and_running_work_keeps_its_own() -> None:
    retaken = admitted(everyone).cameo(version_approved(2))
    fresh = words.an_id("gen", 99)
    assert reasons(retaken, generation_id=fresh) == {"cameo-version-superseded"}
    assert reasons(retaken, "gpu-start") == set()
    assert reasons(retaken, "publish") == set()
    unknown = (CastMember(cameo_id=CAMEO, version=3),)
    assert reasons(retaken, generation_id=fresh, cast=unknown) == {"cameo-version-unknown"}


@pytest.mark.parametrize("act", ACTS)
def test_suspension_deletion_and_revocation_bind_the_owner_too(act: Act) -> None:
    for caster in (CASTER, OWNER):
        running = admitted(everyone, caster)
        suspended = CameoSuspended(at=at, cameo_id=CAMEO, reason="x", version=1)
        assert "cameo-suspended" in reasons(running.cameo(suspended), act, caster_id=caster)
        deleted = CameoDeleted(at=at, cameo_id=CAMEO, reason="x")
        assert "cameo-deleted" in reasons(running.cameo(deleted), act, caster_id=caster)
        revoked = told.ConsentRevoked(at=at, cameo_id=CAMEO, reason="x", revision=3)
        assert "consent-revoked" in reasons(running.consent(revoked), act, caster_id=caster)


def test_nothing_is_known_of_a_cameo_that_does_not_exist() -> None:
    assert reasons(Telling()) == {"cameo-unknown", "consent-unknown"}


@pytest.mark.parametrize("act", ["gpu-start", "publish"])
def test_later_doors_ask_for_the_use_that_admission_reserved(act: Act) -> None:
    assert reasons(everyone, act) == {"use-not-reserved"}
    assert reasons(admitted(everyone), act) == set()
    assert reasons(admitted(everyone, OTHER), act) == {"use-not-reserved"}
    released = told.UseReleased(
        at=at, cameo_id=CAMEO, generation_id=plan().generation_id, reason="failed"
    )
    assert reasons(admitted(everyone).consent(released), act) == {"use-not-reserved"}


def test_a_budget_that_is_used_up_lets_what_was_admitted_go_on() -> None:
    full = admitted(everyone.consent(limited(uses_max=1)))
    assert reasons(full) == set()  # asked again: its own use is there
    assert reasons(full, "gpu-start") == set()
    assert reasons(full, generation_id=words.an_id("gen", 99)) == {"budget-exhausted"}


def test_relations_count_from_their_position() -> None:
    mutual = of_two_adults().consent(tier_changed("mutuals"))
    mutual = mutual.relation(follows(OWNER, CASTER), follows(CASTER, OWNER))
    ended = mutual.then(
        f"relations-{OWNER}", AccountUnfollowed(at=at, account_id=OWNER, other_id=CASTER)
    )
    before = len(mutual.facts)
    assert check(ended.world(before), plan(), "admission").permitted
    assert not check(ended.world(before + 1), plan(), "admission").permitted
    assert check(ended.world(before), plan(), "admission").position == before
