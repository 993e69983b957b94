"""Skills: SKILL.md documents, their rules, the library. Waiting for its first module."""
