"""The rules that a skill is held to, one module for what they look at."""
