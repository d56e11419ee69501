"""How far this system lets us shut the engine in: without a network, among no other processes, with no rights.

The walls are built with setpriv and unshare, which come with every Linux; what works is tried, strongest first.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

# What the engine needs to leave every path and the account of root behind; afterwards it has no right at all.
NO_RIGHTS = ("--inh-caps=-all", "--bounding-set=-all,+sys_chroot,+setuid,+setgid")
# The first process of its own process space, so that the engine is an ordinary one; its end is the end of them all.
KEEPER = ("/bin/sh", "-c", '/usr/bin/env -i "$@"; exit $?', "sh")


@dataclass(frozen=True, slots=True)
class Isolation:
    """The words that start a program inside these walls, and which walls they are.

    `is_alone`: no network, no other process in sight, and whatever it starts ends with it or with us. Without it the
    engine still has no descriptor, path or right to use, and ends by its limits should we be killed.
    """

    words: tuple[str, ...] = ()
    is_alone: bool = False


def candidates() -> Iterator[Isolation]:
    """What this account might be allowed, strongest first; the last one is no wall at all, and always works."""
    setpriv, unshare = shutil.which("setpriv"), shutil.which("unshare")
    if setpriv:
        bound = (setpriv, "--pdeathsig=KILL", "--no-new-privs")
        if unshare:
            away = ("--net", "--ipc", "--pid", "--fork", "--kill-child", "--", *KEEPER, setpriv, *NO_RIGHTS, "--")
            if os.geteuid() == 0:
                yield Isolation((*bound, unshare, *away), is_alone=True)
            yield Isolation((*bound, unshare, "--map-root-user", *away), is_alone=True)
        yield Isolation((*bound, "--"))
    yield Isolation()
