"""Why a clip that somebody sent is not used; each is met before a GPU is taken."""

from __future__ import annotations

from domain.kernel.errors import Refusal


class ClipRefused(Refusal):
    """This clip cannot be used."""

    code = "clip-refused"
    stage = "preparing"
    next_step = "Send another clip."


class ContainerUnknown(ClipRefused):
    """This is not a clip in a container that the studio reads."""

    code = "clip-container-unknown"
    next_step = "Send an MP4, QuickTime, WebM or Matroska file."


class CodecUnknown(ClipRefused):
    """The studio does not decode this clip's codec."""

    code = "clip-codec-unknown"
    next_step = "Encode the clip again, for instance with H.264 and AAC."


class ClipTooHeavy(ClipRefused):
    """This clip has too many bytes."""

    code = "clip-too-heavy"
    next_step = "Send a shorter clip, or encode it at a lower rate."


class PicturesTooLarge(ClipRefused):
    """This clip's pictures are too large or too small."""

    code = "clip-pictures-size"
    next_step = "Scale the clip and send it again."


class ClipTooLong(ClipRefused):
    """This clip lasts too long."""

    code = "clip-too-long"
    next_step = "Cut the clip and send the part that matters."


class TooManyPictures(ClipRefused):
    """This clip has more pictures than are decoded."""

    code = "clip-too-many-pictures"
    next_step = "Send a shorter clip, or one with fewer or smaller pictures."


class StreamsUnusual(ClipRefused):
    """A clip has one stream of pictures and at most one of sound."""

    code = "clip-streams-unusual"
    next_step = "Keep one stream of pictures and one of sound."


class SoundUnusual(ClipRefused):
    """This clip's sound has an unusual rate or too many channels."""

    code = "clip-sound-unusual"
    next_step = "Encode the sound again, for instance at 48 kHz in stereo."


class ClipEmpty(ClipRefused):
    """This clip has no picture."""

    code = "clip-empty"


class ClipTruncated(ClipRefused):
    """This clip ends before the end that it declares."""

    code = "clip-truncated"
    next_step = "Send the whole file again."


class HeadersUntrue(ClipRefused):
    """This clip holds something else than its headers declare."""

    code = "clip-headers-untrue"
    next_step = "Encode the clip again and send the result."


class ClipDamaged(ClipRefused):
    """This clip cannot be decoded."""

    code = "clip-damaged"
    next_step = "Encode the clip again and send the result."


class ClipTooCostly(ClipRefused):
    """Decoding this clip takes more than it may cost."""

    code = "clip-too-costly"
    next_step = "Encode the clip again, smaller or shorter."


class ClipTooShort(ClipRefused):
    """This clip ends before the part that was asked for."""

    code = "clip-too-short"
    next_step = "Ask for an earlier part, or send a longer clip."
