"""Cassettes: the loopback model endpoint and recorded replies. Waiting for its first module."""
