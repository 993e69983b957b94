"""Agents: sessions of coding-agent command lines, their streams and transcripts. Waiting for its first module."""
