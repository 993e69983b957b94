"""Patterns: what can be made of several agents with the strategies of ``agents/strategies.py`` (seed 002)."""
