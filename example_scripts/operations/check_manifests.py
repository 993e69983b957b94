# /// script
# requires-python = ">=3.11"
# dependencies = ["pyyaml"]
# ///
"""Check deployment manifests: every one must name an image with a version and a memory limit.

It says inline (PEP 723) that it needs PyYAML. Nothing is installed because of that unless `interpreter:` in
orchestrator.yaml names a tool that does, as in `uv run --script`; the report has a note that says so.
"""

from __future__ import annotations

import sys

import yaml

MANIFESTS = """
name: accounts
image: registry.example/accounts:1.9
memory: 256Mi
---
name: search
image: registry.example/search:4.2
memory: 1Gi
"""


def mistakes(manifest: dict[str, str]) -> list[str]:
    """Return one sentence for each mistake."""
    found = []
    if ":" not in manifest.get("image", ""):
        found.append("its image has no version")
    if not manifest.get("memory"):
        found.append("it has no memory limit")
    return found


def main() -> int:
    """Check every manifest and print a summary."""
    manifests = list(yaml.safe_load_all(MANIFESTS))
    bad = {manifest["name"]: found for manifest in manifests if (found := mistakes(manifest))}
    print(f"{len(manifests) - len(bad)} of {len(manifests)} manifests are in order")
    for name, found in bad.items():
        print(f"{name}: {', '.join(found)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
