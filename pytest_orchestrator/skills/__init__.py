"""Skills: documents, rules and profiles, the library that finds them. Knows nothing of pytest."""
