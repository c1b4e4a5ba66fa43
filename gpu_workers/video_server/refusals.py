"""Why a video server's work cannot be used: refusals are final, the other errors are tried again.

No message repeats what the server said, because servers put prompts into their errors.
"""

from __future__ import annotations

from domain.kernel.errors import Mishap, Refusal


class VideoServerNotConfigured(Refusal):
    """This studio knows no video server."""

    code = "video-server-not-configured"
    stage = "planning"
    next_step = (
        "The operator sets CALLSHEET_VIDEO_SERVER_URL, CALLSHEET_VIDEO_SERVER_ENGINE and "
        "CALLSHEET_VIDEO_SERVER_MODEL."
    )


class VideoServerLicenceNotDeclared(Refusal):
    """Nobody has said under which licence the model of the video server is used."""

    code = "video-server-licence-not-declared"
    stage = "planning"
    next_step = (
        "The operator sets CALLSHEET_VIDEO_SERVER_LICENCE to the name of the card whose licence "
        "holds for the served model, or to none, which says that its terms are minded elsewhere."
    )


class VideoServerKeyRefused(Refusal):
    """The video server does not accept the studio's key."""

    code = "video-server-key-refused"
    stage = "sampling"
    next_step = "The operator gives the studio a key that the server accepts."


class VideoRequestRejected(Refusal):
    """The video server will not make a video of this kind."""

    code = "video-request-rejected"
    stage = "sampling"
    next_step = "Ask for another size or length, or read the server's log for its reason."


class VideoFilmUnsuitable(Refusal):
    """The video server made a film that is not what was asked for."""

    code = "video-film-unsuitable"
    stage = "sampling"
    next_step = "Ask for a size and length that the server's model makes."


class VideoServerUnavailable(OSError):
    """The video server does not answer, or is too busy; waiting may help."""


class SubmissionUncertain(VideoServerUnavailable):
    """A job was sent and no answer came; it may be running, followed by nobody."""


class VideoJobLost(Mishap):
    """The server no longer has this job or its film; it has to be made again."""

    code = "video-job-lost"
    stage = "sampling"


class VideoJobFailed(Mishap):
    """The server says that the job failed; its own log says why."""

    code = "video-job-failed"
    stage = "sampling"


class VideoJobStuck(Mishap):
    """The job did not end in its time and was given up."""

    code = "video-job-stuck"
    stage = "sampling"


class VideoFilmTruncated(VideoJobLost):
    """The film that the server gives out is not whole; it has to be made again."""

    code = "video-film-truncated"


class VideoAnswerUnreadable(Mishap):
    """The server answered something that is not of the agreed shape."""

    code = "video-answer-unreadable"
    stage = "sampling"
