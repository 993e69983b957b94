"""The one place that starts programs: command, engine, supervisor, limits, capture, redaction. Knows no pytest.

Every program is started by a small *supervisor process* that lives beside the process which wants the result.
See ``docs/explanation/architecture.md`` for why, and ``supervisor/`` for what runs there.
"""
