"""Why a clip cannot be an enrolment, before anything in it is looked at."""

from __future__ import annotations

from activities.clip.refusals import ClipRefused


class ClipSilent(ClipRefused):
    """This clip has no sound."""

    code = "clip-silent"
    stage = "enrolling"
    next_step = "Record again with the microphone on, and say the number."


class ClipTooBrief(ClipRefused):
    """This clip is too short to hold an answer."""

    code = "clip-too-brief"
    stage = "enrolling"
    next_step = "Record again, and stop only when every move is made."


class PicturesTooSlow(ClipRefused):
    """This clip has too few pictures a second."""

    code = "clip-pictures-too-slow"
    stage = "enrolling"
    next_step = "Record again at 15 to 60 pictures a second, in better light."


class PicturesTooFast(ClipRefused):
    """This clip has too many pictures a second."""

    code = "clip-pictures-too-fast"
    stage = "enrolling"
    next_step = "Record again at 15 to 60 pictures a second."
