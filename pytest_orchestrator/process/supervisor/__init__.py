"""What runs in the supervisor process. Standard library only, and little of it: its start is on everybody's way.

``main`` holds the event loop, ``program`` one running program and its end, ``tree`` finds processes, ``slots`` their
files, ``locks`` the named locks. The modules import neither dataclasses nor typing (10 ms between them).
"""
