"""What the user asked for: one option table, settings, YAML with line and column, JSON Schema. Knows no pytest."""
