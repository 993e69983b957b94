"""Workflows: tasks in a graph, and the files that describe them. Waiting for its first module."""
