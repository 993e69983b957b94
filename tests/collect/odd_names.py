"""File names that pytest, xdist, XML, terminals and shells each have their own trouble with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrated import Project

NAMES = (
    b"plain.sh",
    b"two words.sh",
    b" leading.sh",
    b"trailing .sh",
    b"new\nline.sh",
    b"tab\tbed.sh",
    b"escape\x1b[31mred.sh",
    b"br[ack]et.sh",
    b"open[.sh",
    b"co::lon.sh",
    b"colon:.sh",
    b"a:b.sh",
    b"-dash.sh",
    b"--orchestrate.sh",
    b"@at.sh",
    b"latin\xe9.sh",
    b"\xff\xfe.sh",
    b"back\\slash.sh",
    b"looks\\x41escaped.sh",
    "ünï-ço∂é.sh".encode(),
    "emoji-\U0001f600.sh".encode(),
    "right-\u202eto-left.sh".encode(),
    b"quo'te\".sh",
    b"$dollar.sh",
    b"st*r?.sh",
    b"per%cent.sh",
    b"#hash.sh",
    b"run",
    b"no_extension",
    b"dir[ectory]/inner.sh",
    b"dir::ectory/inner.sh",
    b"-dir/inner.sh",
    b"dir\nectory/inner.sh",
    b"dir\xe9/inner.sh",
    b"dir/[x]/inner.sh",
)


def make_odd(project: Project, directory: str = "scripts") -> None:
    """Write an executable script of each name; each leaves its own name, as bytes, in ``ran.txt``."""
    for name in NAMES:
        path = os.path.join(os.fsencode(project.path), os.fsencode(directory), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"#!/bin/sh\nprintf '%s\\0' \"$0\" >> ran.txt\n")
        os.chmod(path, 0o755)


def ran(project: Project, directory: str = "scripts") -> list[bytes]:
    """Return the names of the scripts that ran, and forget them."""
    path = project.path / "ran.txt"
    data = path.read_bytes() if path.exists() else b""
    path.unlink(missing_ok=True)
    start = os.path.join(os.fsencode(project.path / directory), b"")
    return sorted(os.path.normpath(line).removeprefix(start) for line in data.split(b"\0") if line)
