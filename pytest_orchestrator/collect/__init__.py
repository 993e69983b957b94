"""The side of the house that knows pytest: arguments, nodes, running ahead (plugin, fixtures and recorder do too)."""
