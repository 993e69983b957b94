"""Workflows: tasks in a graph, the engine that runs them, its journal, and the files that describe them."""
