"""Reports: what is kept of a run, and pure functions that show it. Only the recorder knows pytest."""
