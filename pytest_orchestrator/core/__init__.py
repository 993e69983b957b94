"""The vocabulary of the whole house: statuses, results, retries, names. Standard library only, no I/O."""
