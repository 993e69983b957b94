"""Cassettes: the loopback model endpoint, which plays a script in place of a model."""
