"""Conformance: from a transcript to verdicts. Waiting for its first module."""
