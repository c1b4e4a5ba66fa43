"""Which HTTP status each refusal of people, cameos and consent has."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from activities.provenance.refusals import ExaminationTooCostly, NotAFilm
from domain.account import handle, handles, relating
from domain.cameo import attempts, keeping
from domain.cameo import enrolment_refusals as enrolment
from domain.consent import asking, may_ask, preferences
from domain.consent import refusals as consent
from domain.kernel.errors import Refusal
from domain.moderation import case_refusals as moderation
from domain.moderation import publishing, undoing
from domain.provenance import case as provenance
from domain.video import export, video
from infra.provenance import addresses

REFUSALS: Final[Mapping[type[Refusal], int]] = MappingProxyType(
    {
        handles.HandleUnusable: 422,
        handle.HandleReserved: 409,
        handle.HandleTaken: 409,
        handle.HandleUnknown: 404,
        relating.TowardsOneself: 422,
        relating.BlockedByYou: 409,
        attempts.TooManyAttempts: 429,
        enrolment.EnrolmentUnknown: 404,
        enrolment.EnrolmentAlreadyStarted: 409,
        enrolment.EnrolmentUnderAge: 403,
        enrolment.AgeBandUnknown: 403,
        enrolment.ReleaseIncomplete: 422,
        enrolment.EnrolmentSettled: 409,
        enrolment.NotYourEnrolment: 403,
        enrolment.NoChallengeNeeded: 409,
        enrolment.ChallengeStillOpen: 409,
        enrolment.TooManyChallenges: 409,
        enrolment.ChallengeMissing: 409,
        enrolment.ChallengeExpired: 410,
        enrolment.ChallengeOfAnotherSession: 403,
        enrolment.ChallengeAnswered: 409,
        enrolment.ClipMissing: 409,
        enrolment.ChecksMissing: 409,
        enrolment.NotInReview: 409,
        enrolment.ReviewedByOwner: 403,
        keeping.CameoUnknown: 404,
        keeping.CameoGone: 410,
        keeping.VersionOutOfTurn: 409,
        keeping.CameoOfAnother: 403,
        keeping.VersionUnknown: 404,
        consent.ConsentUnknown: 404,
        consent.ConsentOfAnother: 403,
        consent.TierUnknown: 422,
        consent.TierNotForMinors: 403,
        consent.CasterIsOwner: 422,
        consent.ListFull: 409,
        consent.ExpiryOutOfRange: 422,
        consent.ConsentIsRevoked: 409,
        consent.ConsentMoved: 412,
        consent.BudgetExhausted: 409,
        consent.UseOfAnother: 409,
        consent.CastNotPermitted: 403,
        consent.CalledUnknown: 422,
        consent.CastTooLarge: 422,
        preferences.PreferenceUnusable: 422,
        may_ask.AskingClosed: 403,
        may_ask.AskNotNeeded: 409,
        asking.AskUnknown: 404,
        asking.AskAlreadyPending: 409,
        asking.AskedTooSoon: 409,
        asking.AskNotYours: 403,
        asking.AskEnded: 409,
        asking.AskStillOpen: 409,
        asking.AskingOneself: 422,
        NotAFilm: 422,
        ExaminationTooCostly: 422,
        addresses.AddressRefused: 422,
        addresses.AddressUnanswered: 422,
        addresses.FileTooLarge: 413,
        video.VideoUnknown: 404,
        video.VideoIsHidden: 404,
        video.VideoIsTakenDown: 410,
        export.ExportUnknown: 404,
        export.ExportSettled: 409,
        provenance.ProvenanceCaseUnknown: 404,
        provenance.ProvenanceCaseNotOpen: 409,
        moderation.CaseUnknown: 404,
        moderation.AlreadyJudged: 409,
        moderation.StageMissing: 409,
        moderation.NotWaiting: 409,
        moderation.ClaimedByAnother: 409,
        moderation.NotClaimed: 409,
        moderation.ReadAlready: 403,
        moderation.NotYourContent: 403,
        moderation.NothingToAppeal: 409,
        moderation.AppealTooLate: 409,
        moderation.AppealEnded: 409,
        moderation.StillTime: 409,
        moderation.UndoneDifferently: 409,
        moderation.VerdictMissing: 409,
        moderation.StillHeld: 409,
        moderation.ContentBlocked: 403,
        moderation.ContentGone: 410,
        moderation.NotRestricted: 409,
        moderation.ClauseUnknown: 422,
        publishing.PolicyUnknown: 404,
        publishing.NoPolicyInForce: 409,
        publishing.NoPolicyBefore: 409,
        publishing.PolicyOutOfTurn: 409,
        publishing.PolicyLaxWhenCast: 422,
        publishing.CandidateWaiting: 409,
        publishing.NotTheCandidate: 409,
        publishing.NothingToRevert: 409,
        undoing.UndoUnknown: 404,
        undoing.UndoPeriodBackwards: 422,
        undoing.UndoWasReversed: 409,
        undoing.UndoUnfinished: 409,
    }
)
