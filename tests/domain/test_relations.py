"""What an account is to others, and the handles under which it is cast."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account.handle import (
    HANDLE,
    ClaimHandle,
    HandleClaimed,
    HandleReleased,
    HandleReserved,
    HandleTaken,
    HandleUnknown,
    ReleaseHandle,
    require_borne,
)
from domain.account.handles import (
    HandleUnusable,
    handle_key,
    mentions,
    normalised,
    skeleton,
)
from domain.account.relating import (
    RELATIONS,
    BlockAccount,
    BlockedByYou,
    DeclareAgeBand,
    FollowAccount,
    TowardsOneself,
    UnblockAccount,
    UnfollowAccount,
)
from domain.account.relations import AccountUnblocked, AccountUnfollowed, mutual
from tests import words
from tests.domain.consent_words import CASTER, OWNER, blocks, follows, is_aged
from tests.domain.given import Story

an_account = Story(RELATIONS)
both = {"command_id": "c", "at": words.moment(), "account_id": OWNER, "other_id": CASTER}


def test_following_and_its_end_are_written_down_once() -> None:
    an_account.when(FollowAccount(**both)).then(follows(OWNER, CASTER))
    followed = an_account.given(follows(OWNER, CASTER))
    followed.when(FollowAccount(**both)).then_nothing()
    unfollowed = AccountUnfollowed(at=words.moment(), account_id=OWNER, other_id=CASTER)
    followed.when(UnfollowAccount(**both)).then(unfollowed)
    followed.given(unfollowed).when(UnfollowAccount(**both)).then_nothing()


def test_a_block_ends_the_following_and_its_end_does_not_bring_it_back() -> None:
    blocked = an_account.given(follows(OWNER, CASTER), blocks(OWNER, CASTER))
    blocked.when(FollowAccount(**both)).then_refused(BlockedByYou)
    blocked.when(BlockAccount(**both)).then_nothing()
    unblocked = AccountUnblocked(at=words.moment(), account_id=OWNER, other_id=CASTER)
    blocked.when(UnblockAccount(**both)).then(unblocked)
    free = blocked.given(unblocked)
    assert CASTER not in free.state.follows
    free.when(FollowAccount(**both)).then(follows(OWNER, CASTER))


def test_nobody_follows_or_blocks_themselves() -> None:
    oneself = {**both, "other_id": OWNER}
    an_account.when(FollowAccount(**oneself)).then_refused(TowardsOneself)
    an_account.when(BlockAccount(**oneself)).then_refused(TowardsOneself)


def test_mutuals_follow_each_other() -> None:
    owner = RELATIONS.fold([follows(OWNER, CASTER)])
    caster = RELATIONS.fold([follows(CASTER, OWNER)])
    nobody = RELATIONS.fold([])
    assert mutual(OWNER, owner, CASTER, caster)
    assert not mutual(OWNER, owner, CASTER, nobody)
    assert not mutual(OWNER, nobody, CASTER, caster)


def test_an_age_band_can_be_corrected_in_both_directions() -> None:
    declare = DeclareAgeBand(command_id="a", at=words.moment(), account_id=OWNER, band="under_18")
    an_account.when(declare).then(is_aged(OWNER, "under_18"))
    adult = an_account.given(is_aged(OWNER, "adult"))
    adult.when(declare).then(is_aged(OWNER, "under_18"))
    adult.given(is_aged(OWNER, "under_18")).when(declare).then_nothing()


def test_an_age_that_nobody_declared_is_no_adult() -> None:
    assert not RELATIONS.fold([]).adult
    assert not RELATIONS.fold([is_aged(OWNER, "under_18")]).adult
    assert RELATIONS.fold([is_aged(OWNER, "adult")]).adult


@pytest.mark.parametrize("text", ["@Ann_Lee", "ann_lee", "  ANN_LEE", "ａｎｎ＿ｌｅｅ"])
def test_a_handle_has_one_spelling(text: str) -> None:
    assert normalised(text) == "ann_lee"


@pytest.mark.parametrize(
    "text", ["", "ab", "1st", "ann..lee", "ann.", "_ann", "аnn_lee", "ann lee", "a" * 31, "añn"]
)
def test_what_is_no_handle_is_refused(text: str) -> None:
    with pytest.raises(HandleUnusable):
        normalised(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paul", "pau1"),
        ("ann_lee", "annlee"),
        ("bobo", "b0b0"),
        ("modern", "modem"),
        ("clay", "day"),
    ],
)
def test_handles_that_look_alike_share_a_stream(one: str, other: str) -> None:
    assert handle_key(one) == handle_key(other)
    assert "paul" not in handle_key("paul")


def claim(handle: str = "paul", account_id: str = OWNER, cameo: str | None = None) -> ClaimHandle:
    return ClaimHandle(
        command_id="h", at=words.moment(), handle=handle, account_id=account_id, cameo_id=cameo
    )


def claimed(handle: str = "paul", cameo: str | None = None) -> HandleClaimed:
    return HandleClaimed(at=words.moment(), handle=handle, account_id=OWNER, cameo_id=cameo)


def test_a_handle_is_borne_by_one_account_until_it_gives_it_back() -> None:
    a_handle = Story(HANDLE)
    a_handle.when(claim("Paul")).then(claimed())
    a_handle.when(claim("supp0rt")).then_refused(HandleReserved)
    paul = a_handle.given(claimed())
    paul.when(claim()).then_nothing()
    paul.when(claim("pau1", CASTER)).then_refused(HandleTaken)
    cameo = words.an_id("cam")
    paul.when(claim(cameo=cameo)).then(claimed(cameo=cameo))
    release = ReleaseHandle(command_id="r", at=words.moment(), account_id=CASTER)
    paul.when(release).then_refused(HandleTaken)
    released = HandleReleased(at=words.moment(), account_id=OWNER)
    paul.when(release.model_copy(update={"account_id": OWNER})).then(released)
    paul.given(released).when(release).then_nothing()


def test_a_look_alike_calls_nobody() -> None:
    paul = HANDLE.fold([claimed()])
    assert require_borne(paul, "@Paul").account_id == OWNER
    with pytest.raises(HandleUnknown):
        require_borne(paul, "pau1")


def test_a_text_mentions_each_handle_once_and_mail_addresses_are_none() -> None:
    text = "@ann_lee and @Bob.b walk; write to me@example.org, says @ann_lee. @x"
    assert mentions(text) == ("ann_lee", "bob.b")


@given(st.text(max_size=60))
def test_every_mention_is_a_handle(text: str) -> None:
    for each in mentions(f"{text} @{text}"):
        assert normalised(each) == each
        assert skeleton(each)
