"""What may happen to a consent: its owner's changes, its budget, its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.account.relations import AgeBand
from domain.consent import commands as ask
from domain.consent import events as told
from domain.consent.decider import CONSENT, DECLINED_MAX
from domain.consent.preferences import Preference, Preferences
from domain.consent.refusals import (
    BudgetExhausted,
    CasterIsOwner,
    ConsentIsRevoked,
    ConsentMoved,
    ConsentOfAnother,
    ConsentUnknown,
    ExpiryOutOfRange,
    ListFull,
    TierNotForMinors,
    TierUnknown,
    UseOfAnother,
)
from domain.consent.terms import LISTED_MAX, TIERS, Limits, Tier, a_year_after, tier_named
from tests import words
from tests.domain.consent_words import (
    CAMEO,
    CASTER,
    EXPIRY,
    GENERATION,
    LIMITS,
    OTHER,
    OWNER,
    consent_opened,
    tier_changed,
    use_reserved,
)
from tests.domain.given import Story

at = words.moment()
SALT = "5a" * 32
owners: dict[str, Any] = {"command_id": "c", "at": at, "account_id": OWNER}
nothing = Story(CONSENT)
opened = nothing.given(consent_opened())
everyone = opened.given(tier_changed("everyone"))


def change_tier(
    tier: Tier, age: AgeBand | None = "adult", account_id: str = OWNER
) -> ask.ChangeTier:
    return ask.ChangeTier(command_id="c", at=at, account_id=account_id, tier=tier, age_band=age)


def approved(caster_id: str = CASTER, revision: int = 2) -> told.CasterApproved:
    return told.CasterApproved(at=at, cameo_id=CAMEO, caster_id=caster_id, revision=revision)


def denied(caster_id: str = CASTER, revision: int = 2) -> told.CasterDenied:
    return told.CasterDenied(at=at, cameo_id=CAMEO, caster_id=caster_id, revision=revision)


def limits_changed(revision: int = 3, **limits: Any) -> told.LimitsChanged:
    changed = Limits.model_validate({"expires_at": EXPIRY, **limits})
    return told.LimitsChanged(at=at, cameo_id=CAMEO, limits=changed, revision=revision)


def revoked(revision: int = 3) -> told.ConsentRevoked:
    return told.ConsentRevoked(at=at, cameo_id=CAMEO, reason="owner-asked", revision=revision)


def restored(revision: int = 4) -> told.ConsentRestored:
    return told.ConsentRestored(at=at, cameo_id=CAMEO, expires_at=EXPIRY, revision=revision)


def declined(reason: str = "preference-unusable") -> told.ChangeDeclined:
    return told.ChangeDeclined(at=at, cameo_id=CAMEO, setting="preferences", reason=reason)


def reserve(generation_id: str = GENERATION, revision: int = 2, **more: Any) -> ask.ReserveUse:
    fields = {
        "command_id": "u",
        "at": at,
        "generation_id": generation_id,
        "caster_id": CASTER,
        "version": 1,
        "rule": "everyone",
        "revision": revision,
        "position": 1,
    }
    return ask.ReserveUse.model_validate({**fields, **more})


def test_consent_begins_with_only_me_for_twelve_months() -> None:
    open_it = ask.OpenConsent(command_id="o", at=at, cameo_id=CAMEO, owner_id=OWNER, kind="person")
    nothing.when(open_it).then(consent_opened())
    assert consent_opened().tier == "only-me"
    assert consent_opened().limits.expires_at == datetime(2027, 11, 22, 12, 0, tzinfo=UTC)
    opened.when(open_it).then_nothing()
    opened.when(open_it.model_copy(update={"owner_id": OTHER})).then_refused(ConsentOfAnother)


def test_twelve_months_after_a_leap_day_is_the_last_of_february() -> None:
    assert a_year_after(datetime(2028, 2, 29, tzinfo=UTC)) == datetime(2029, 2, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    "command",
    [
        change_tier("everyone", account_id=CASTER),
        ask.ApproveCaster(**{**owners, "account_id": CASTER}, caster_id=OTHER),
        ask.RevokeConsent(**{**owners, "account_id": CASTER}, reason="mine"),
        ask.ChangeLimits(**{**owners, "account_id": CASTER}, limits=LIMITS),
        ask.RestatePreferences(**{**owners, "account_id": CASTER}, wishes=(), salt=SALT),
    ],
    ids=lambda command: type(command).__name__,
)
def test_only_the_owner_decides(command: ask.ConsentCommand) -> None:
    opened.when(command).then_refused(ConsentOfAnother)
    nothing.when(command).then_refused(ConsentUnknown)


def test_each_change_makes_the_next_revision() -> None:
    opened.when(change_tier("everyone")).then(tier_changed("everyone", revision=2))
    everyone.when(change_tier("everyone")).then_nothing()
    everyone.when(change_tier("approved")).then(tier_changed("approved", revision=3))
    assert everyone.given(use_reserved()).state.revision == 2  # a use changes no terms


@pytest.mark.parametrize("age", ["under_18", "under_13", None])
def test_the_likeness_of_somebody_under_18_is_never_for_many(age: AgeBand | None) -> None:
    opened.when(change_tier("everyone", age)).then_refused(TierNotForMinors)
    opened.when(change_tier("mutuals", age)).then_refused(TierNotForMinors)
    opened.when(change_tier("approved", age)).then(tier_changed("approved"))
    a_dog = nothing.given(consent_opened(kind="pet"))
    a_dog.when(change_tier("everyone", age)).then(tier_changed("everyone"))


def test_an_approval_and_a_denial_replace_each_other() -> None:
    approve = ask.ApproveCaster(**owners, caster_id=CASTER)
    deny = ask.DenyCaster(**owners, caster_id=CASTER)
    opened.when(approve).then(approved())
    opened.given(approved()).when(approve).then_nothing()
    both = opened.given(approved(), denied(revision=3))
    assert both.state.approved == frozenset()
    both.when(deny).then_nothing()
    both.when(approve).then(approved(revision=4))
    assert both.given(approved(revision=4)).state.denied == frozenset()


def test_lists_are_taken_back_name_by_name() -> None:
    remove = ask.RemoveApproval(**owners, caster_id=CASTER)
    removed = told.ApprovalRemoved(at=at, cameo_id=CAMEO, caster_id=CASTER, revision=3)
    opened.given(approved()).when(remove).then(removed)
    opened.when(remove).then_nothing()
    lift = ask.RemoveDenial(**owners, caster_id=CASTER)
    lifted = told.DenialRemoved(at=at, cameo_id=CAMEO, caster_id=CASTER, revision=3)
    opened.given(denied()).when(lift).then(lifted)
    opened.given(approved()).when(lift).then_nothing()


def test_the_owner_stands_on_no_list_and_lists_are_bounded() -> None:
    opened.when(ask.ApproveCaster(**owners, caster_id=OWNER)).then_refused(CasterIsOwner)
    many = [approved(words.an_id("acc", 1000 + each), 2 + each) for each in range(LISTED_MAX)]
    full = opened.given(*many)
    full.when(ask.ApproveCaster(**owners, caster_id=CASTER)).then_refused(ListFull)
    full.when(ask.DenyCaster(**owners, caster_id=CASTER)).then(denied(revision=LISTED_MAX + 2))


@pytest.mark.parametrize("expiry", [at, at - timedelta(days=1), at + timedelta(days=366 * 5 + 1)])
def test_an_expiry_lies_in_the_future_and_within_five_years(expiry: datetime) -> None:
    limits = LIMITS.model_copy(update={"expires_at": expiry})
    opened.when(ask.ChangeLimits(**owners, limits=limits)).then_refused(ExpiryOutOfRange)


def test_limits_are_changed_as_a_whole() -> None:
    changed = limits_changed(2, uses_max=3, refused_topics=("politics",))
    opened.when(ask.ChangeLimits(**owners, limits=changed.limits)).then(changed)
    opened.given(changed).when(ask.ChangeLimits(**owners, limits=changed.limits)).then_nothing()


def test_preferences_get_a_version_and_a_hash() -> None:
    wishes = (Preference(kind="always", thing=" a  gold chain "),)
    stated = (Preference(kind="always", thing="a gold chain"),)
    plain = Preferences(version=1, wishes=stated, salt=SALT)
    restated = told.PreferencesRestated(
        at=at, cameo_id=CAMEO, preferences=plain, sha256=plain.sha256, revision=2
    )
    opened.when(ask.RestatePreferences(**owners, wishes=wishes, salt=SALT)).then(restated)
    opened.given(restated).when(
        ask.RestatePreferences(**owners, wishes=wishes, salt=SALT)
    ).then_nothing()
    none = Preferences(version=2, salt=SALT)
    opened.given(restated).when(ask.RestatePreferences(**owners, wishes=(), salt=SALT)).then(
        restated.model_copy(update={"preferences": none, "sha256": none.sha256, "revision": 3})
    )


def test_revoking_and_restoring_are_written_down_once() -> None:
    revoke = ask.RevokeConsent(**owners, reason="owner-asked")
    everyone.when(revoke).then(revoked())
    everyone.given(revoked()).when(revoke).then_nothing()
    everyone.when(ask.RestoreConsent(**owners)).then_nothing()
    everyone.given(revoked()).when(ask.RestoreConsent(**owners)).then(restored())


def test_a_refused_change_is_on_record_without_its_words_and_changes_no_terms() -> None:
    decline = ask.DeclineChange(**owners, setting="preferences", reason="preference-unusable")
    everyone.when(decline).then(declined())
    assert everyone.given(declined()).state.revision == everyone.state.revision
    stranger = decline.model_copy(update={"account_id": CASTER})
    everyone.when(stranger).then_refused(ConsentOfAnother)


def test_refused_changes_are_written_down_a_bounded_number_of_times_between_two_changes() -> None:
    decline = ask.DeclineChange(**owners, setting="preferences", reason="preference-unusable")
    often = opened.given(*[declined()] * DECLINED_MAX)
    often.when(decline).then_nothing()
    often.given(tier_changed("everyone")).when(decline).then(declined())


def test_a_tier_that_nobody_knows_is_named_with_those_that_exist() -> None:
    assert [tier_named(each) for each in TIERS] == list(TIERS)
    with pytest.raises(TierUnknown, match="only-me, approved, mutuals, everyone") as refused:
        tier_named("friends of friends")
    assert "friends of friends" not in str(refused.value)


def test_an_admission_reserves_one_use() -> None:
    everyone.when(reserve()).then(use_reserved())
    held = everyone.given(use_reserved())
    assert held.state.used == 1
    held.when(reserve()).then_nothing()
    held.when(reserve(caster_id=OTHER)).then_refused(UseOfAnother)
    held.when(reserve(version=2)).then_refused(UseOfAnother)


def test_what_was_judged_before_a_change_reserves_nothing() -> None:
    everyone.when(reserve(revision=1)).then_refused(ConsentMoved)


def test_a_budget_of_two_reserves_two_and_a_release_makes_room() -> None:
    two = everyone.given(limits_changed(uses_max=2))
    first, second, third = (words.an_id("gen", number) for number in (51, 52, 53))
    full = two.given(
        use_reserved(first, revision=3), use_reserved(second, caster_id=OTHER, revision=3)
    )
    full.when(reserve(third, 3)).then_refused(BudgetExhausted)
    full.when(reserve(first, 3)).then_nothing()
    release = ask.ReleaseUse(command_id="r", at=at, generation_id=first, reason="failed")
    released = told.UseReleased(at=at, cameo_id=CAMEO, generation_id=first, reason="failed")
    full.when(release).then(released)
    full.given(released).when(release).then_nothing()
    full.given(released).when(reserve(third, 3)).then(use_reserved(third, revision=3))


def test_the_owners_own_uses_count_against_no_budget() -> None:
    none = everyone.given(limits_changed(uses_max=0))
    own = use_reserved(caster_id=OWNER, rule="self", revision=3)
    none.when(reserve(revision=3, caster_id=OWNER, rule="self")).then(own)
    assert none.given(own).state.used == 0


def test_revoking_ends_every_use_for_good() -> None:
    ended = everyone.given(use_reserved(), revoked())
    ended.when(reserve(words.an_id("gen", 52), 3)).then_refused(ConsentIsRevoked)
    again = ended.given(restored())
    again.when(reserve(revision=4)).then_refused(ConsentIsRevoked)
    fresh = words.an_id("gen", 52)
    again.when(reserve(fresh, 4)).then(use_reserved(fresh, revision=4))


def test_a_use_that_revoking_ended_is_still_given_back() -> None:
    ended = everyone.given(use_reserved(), revoked())
    assert ended.state.used == 1
    release = ask.ReleaseUse(command_id="r", at=at, generation_id=GENERATION, reason="revoked")
    released = told.UseReleased(at=at, cameo_id=CAMEO, generation_id=GENERATION, reason="revoked")
    ended.when(release).then(released)
    assert ended.given(released).state.used == 0
