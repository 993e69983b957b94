"""What runs in the supervisor process. Standard library only, and little of it: its start is on everybody's way.

``main`` starts it, ``guard`` outlives it, ``loop`` holds the events, ``starting`` what waits, ``program`` one running
program, ``ending`` the way out of it, ``orphans`` whose process is whose (by ``marks`` and by the ``tree`` of
processes), ``slots`` their files, ``locks`` the named locks, ``outbox`` and ``wakeup`` the two pipes, ``salvage`` what
is kept when nobody is left. The modules import neither dataclasses nor typing (10 ms between them).
"""
