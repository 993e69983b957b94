"""Conditional branching: deploy, look whether it is healthy, and go back to the release before when it is not.

A release is a directory, the one in use is named by the link `current`, as many small deployments do it. The
argument says what the new release is like: good, unhealthy, or broken.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path


class DeploymentError(Exception):
    """A release cannot be put in use."""


def switch(root: Path, version: str) -> None:
    """Make `current` name the release, in one step that no reader can see half done."""
    new = root / "current.new"
    new.symlink_to(f"releases/{version}")
    new.replace(root / "current")


def build(root: Path, version: str, kind: str) -> None:
    """Write a release of the kind asked for."""
    release = root / "releases" / version
    release.mkdir(parents=True)
    if kind == "broken":
        return
    workers = 0 if kind == "unhealthy" else 4
    (release / "service.json").write_text(json.dumps({"version": version, "workers": workers}), encoding="utf-8")


def deploy(root: Path, version: str) -> None:
    """Put a release in use. Raise DeploymentError if it is not complete."""
    if not (root / "releases" / version / "service.json").is_file():
        raise DeploymentError("service.json is missing")
    switch(root, version)


def ill_health(root: Path) -> str | None:
    """Return what is wrong with the release in use; None if nothing is."""
    service = json.loads((root / "current" / "service.json").read_text(encoding="utf-8"))
    return None if service["workers"] >= 1 else f"{service['workers']} workers"


def main() -> int:
    """Deploy 2.0 over 1.9."""
    parser = argparse.ArgumentParser(description="Deploy a release, and roll back when it is not healthy.")
    parser.add_argument("kind", choices=("good", "unhealthy", "broken"), help="what the new release is like")
    kind = parser.parse_args().kind
    with tempfile.TemporaryDirectory(dir=os.environ.get("ORCHESTRATOR_TMP")) as name:
        root = Path(name)
        build(root, "1.9", "good")
        deploy(root, "1.9")
        build(root, "2.0", kind)
        try:
            deploy(root, "2.0")
        except DeploymentError as error:
            outcome = f"Deployment failed ({error}), rolled back"
        else:
            problem = ill_health(root)
            if problem is not None:
                switch(root, "1.9")
            outcome = "Deployment successful" if problem is None else f"Health check failed ({problem}), rolled back"
        in_use = (root / "current").readlink().name
    print(f"{outcome}: {in_use} is in use")
    return 0 if in_use == ("2.0" if kind == "good" else "1.9") else 1


if __name__ == "__main__":
    sys.exit(main())
