"""The last words before another program takes over: die with the parent, and do not be root.

Runs as a script with the standard library alone (``python -I -S``), and becomes the program by
``exec``, so the process keeps its id. On Linux the kernel sends the chosen signal when the parent
dies. A program that refuses to run as root becomes ``--user``, keeping the one capability it
needs to reach a home inside root's folders without opening those folders to everybody.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import pwd
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilityData(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def become(user: str) -> None:
    """Give up root for ``user``; without the capability (not Linux) ordinary permissions rule."""
    entry = pwd.getpwnam(user)
    linux = sys.platform.startswith("linux")
    library = ctypes.CDLL(None, use_errno=True)
    if linux:
        library.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    if linux:
        bit = 1 << _CAP_DAC_OVERRIDE
        header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
        data = (_CapabilityData * 2)(_CapabilityData(bit, bit, bit), _CapabilityData(0, 0, 0))
        library.capset(ctypes.byref(header), data)
        library.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


def die_with(parent: int, last_signal: int) -> None:
    """Ask the kernel for ``last_signal`` at the parent's death; leave now if it is dead already."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, last_signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(f"The process that started this one ({parent}) is gone; leaving.")


def main() -> None:
    """Parse, prepare, become the program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, default=int(signal.SIGTERM))
    parser.add_argument("--user", default="")
    parser.add_argument("program", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    program = given.program[1:] if given.program[:1] == ["--"] else given.program
    if given.user:
        become(given.user)
    # after the change of user: the kernel forgets the request when credentials change
    die_with(given.parent, given.signal)
    os.execvp(program[0], program)  # noqa: S606 # an argument list, never a shell


if __name__ == "__main__":
    main()
