"""ConsentCheck: may this caster do this with these cameos? One pure function, used at every door.

Admission, the dry run, the start on the GPU and publishing all ask ``check``. It looks at facts
folded from the log at one position and at nothing else, decides for all cameos or for none, and
names every reason that refuses, not just the first.

**Who may.** The owner always may (rule ``self``). Others may when the tier says so: ``only-me``
nobody; ``approved`` those who were approved by name; ``mutuals`` these and who follows and is
followed; ``everyone`` anybody. A denial by name refuses whatever the tier, and a block between the
two, whoever blocked, refuses above all.

**Under 18.** An age band that was not declared counts as under 18.

- Where the owner or the caster is under 18, only a caster approved by name may cast the other
  person; mutuals and everyone do not reach across. (Pets and objects are no persons: only their
  tiers count.)
- A caster under 13 casts nobody else's cameo, and the cameo of somebody under 13 is cast by nobody.

**What of it.** The limits bind everybody but the owner: expiry, budget, refused scenes and topics,
face and voice, generate and publish, surface and territory. A plan that is to be posted is held to
``publish`` from its admission on, so that no GPU works for what could not be shown; a draft is held
to it when it is published. Revocation,
suspension and deletion bind the owner too.

**Wishes.** Words that go against how the owner is to be portrayed, and cannot be taken out, refuse
at admission; the reason does not say which. What is admitted keeps the wishes of its admission,
and the verdicts of later doors name these.

**Budget.** An admission needs room for one more use, unless its generation holds one. Afterwards
the generation has to hold the use that its admission reserved: revoking ends all uses that were
reserved before it, so nothing admitted earlier goes on when the consent is restored.
"""

from __future__ import annotations

from typing import Literal

from domain.account.relations import mutual
from domain.cameo.cameo import Castable, Deleted, NoCameo
from domain.consent.plan import CastMember, CastPlan
from domain.consent.situations import Held, Unopened
from domain.consent.terms import Act, Rule
from domain.consent.world import World
from domain.kernel.model import Value

Reason = Literal[
    "cameo-unknown",
    "cameo-deleted",
    "cameo-suspended",
    "cameo-version-unknown",
    "cameo-version-superseded",
    "consent-unknown",
    "consent-revoked",
    "caster-blocked",
    "caster-denied",
    "caster-under-age",
    "owner-under-age",
    "not-the-owner",
    "not-approved",
    "not-mutual",
    "consent-expired",
    "budget-exhausted",
    "use-not-reserved",
    "scene-refused",
    "topic-refused",
    "wording-refused",
    "face-refused",
    "voice-refused",
    "generating-refused",
    "publishing-refused",
    "surface-refused",
    "territory-refused",
]


class CameoVerdict(Value):
    """What was decided about one cameo, from which revision of its consent, and why not."""

    cameo_id: str
    version: int
    rule: Rule | None
    reasons: tuple[Reason, ...]
    revision: int
    preferences_version: int = 0
    preferences_sha256: str | None = None

    @property
    def permitted(self) -> bool:
        return not self.reasons


class ConsentDecision(Value):
    """What was decided about a whole cast, at which position of the log.

    ``unknown`` counts those who were called beside it and whom nobody can cast.
    """

    act: Act
    position: int
    verdicts: tuple[CameoVerdict, ...]
    unknown: int = 0

    @property
    def permitted(self) -> bool:
        """All or nothing: one cameo that refuses, or that nobody knows, refuses for all."""
        return not self.unknown and all(each.permitted for each in self.verdicts)


def check(world: World, plan: CastPlan, act: Act) -> ConsentDecision:
    """Decide about every cameo of a plan, from the facts in ``world`` alone."""
    verdicts = tuple(_judge(world, plan, act, member) for member in plan.cast)
    return ConsentDecision(
        act=act, position=world.position, verdicts=verdicts, unknown=plan.unknown
    )


def _judge(world: World, plan: CastPlan, act: Act, member: CastMember) -> CameoVerdict:
    consent = world.consent(member.cameo_id)
    reasons = _of_the_cameo(world, act, member)
    if isinstance(consent, Unopened):
        unknown: tuple[Reason, ...] = ("consent-unknown",)
        return CameoVerdict(
            cameo_id=member.cameo_id,
            version=member.version,
            rule=None,
            reasons=tuple(reasons) + unknown,
            revision=0,
        )
    rule, relational = _rule(world, plan.caster_id, consent)
    reasons += ["consent-revoked"] if consent.revoked else []
    reasons += relational
    reasons += _of_the_use(plan, act, member, consent)
    if plan.caster_id != consent.owner_id:
        reasons += _of_the_limits(plan, act, member, consent)
    use = None if act == "admission" else consent.uses.get(plan.generation_id)
    return CameoVerdict(
        cameo_id=member.cameo_id,
        version=member.version,
        rule=None if reasons else rule,
        reasons=tuple(dict.fromkeys(reasons)),
        revision=consent.revision,
        preferences_version=use.preferences_version if use else consent.preferences.version,
        preferences_sha256=use.preferences_sha256 if use else consent.preferences_sha256,
    )


def _of_the_cameo(world: World, act: Act, member: CastMember) -> list[Reason]:
    match world.cameo(member.cameo_id):
        case NoCameo():
            return ["cameo-unknown"]
        case Deleted():
            return ["cameo-deleted"]
        case Castable(versions=versions) if member.version not in versions:
            return ["cameo-version-unknown"]
        case Castable() as cameo:
            reasons: list[Reason] = []
            if cameo.suspends(member.version):
                reasons.append("cameo-suspended")
            if act == "admission" and member.version != cameo.newest:
                reasons.append("cameo-version-superseded")  # running jobs keep theirs
            return reasons


def _rule(world: World, caster_id: str, consent: Held) -> tuple[Rule | None, list[Reason]]:
    """Why the caster may, or every relation that says no."""
    owner_id = consent.owner_id
    caster, owner = world.relations(caster_id), world.relations(owner_id)
    reasons: list[Reason] = []
    person = consent.kind == "person"
    if person and owner.age_band == "under_13":
        reasons.append("owner-under-age")
    if caster_id == owner_id:
        return "self", reasons
    if owner_id in caster.blocks or caster_id in owner.blocks:
        reasons.append("caster-blocked")
    if caster_id in consent.denied:
        reasons.append("caster-denied")
    if caster.age_band == "under_13":
        reasons.append("caster-under-age")
    by_name = caster_id in consent.approved
    if consent.tier == "only-me":
        return None, [*reasons, "not-the-owner"]
    if by_name:
        return "approved-by-name", reasons
    if person and not caster.adult:
        reasons.append("caster-under-age")
    if person and not owner.adult:
        reasons.append("owner-under-age")
    if consent.tier == "approved":
        return None, [*reasons, "not-approved"]
    if consent.tier == "mutuals":
        if not mutual(caster_id, caster, owner_id, owner):
            return None, [*reasons, "not-mutual"]
        return "mutual", reasons
    return "everyone", reasons


def _of_the_use(plan: CastPlan, act: Act, member: CastMember, consent: Held) -> list[Reason]:
    use = consent.uses.get(plan.generation_id)
    if use is None and act != "admission":
        return ["use-not-reserved"]
    if use is None:
        counts = plan.caster_id != consent.owner_id
        return ["budget-exhausted"] if counts and not consent.has_room else []
    if (use.caster_id, use.version) != (plan.caster_id, member.version):
        return ["use-not-reserved"]
    return ["consent-revoked"] if consent.ended(use) else []


def _of_the_limits(plan: CastPlan, act: Act, member: CastMember, consent: Held) -> list[Reason]:
    limits = consent.limits
    elsewhere = limits.territories is not None and plan.territory not in limits.territories
    to_be_shown = act == "publish" or plan.destination == "post"
    refusing: tuple[tuple[bool, Reason], ...] = (
        (plan.at >= limits.expires_at, "consent-expired"),
        (not set(plan.scenes).isdisjoint(limits.refused_scenes), "scene-refused"),
        (not set(plan.topics).isdisjoint(limits.refused_topics), "topic-refused"),
        (act == "admission" and member.against_wishes, "wording-refused"),
        (member.face and not limits.face, "face-refused"),
        (member.voice and not limits.voice, "voice-refused"),
        (act != "publish" and not limits.generate, "generating-refused"),
        (to_be_shown and not limits.publish, "publishing-refused"),
        (limits.surfaces is not None and plan.surface not in limits.surfaces, "surface-refused"),
        (elsewhere, "territory-refused"),
    )
    return [reason for refuses, reason in refusing if refuses]
