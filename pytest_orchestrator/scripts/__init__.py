"""Scripts: which files they are, how each is run, and what its outcome means. Knows no pytest."""
