"""Real counterparts for tests: PostgreSQL, Chromium, a mail server and a web server.

Nothing here knows Kalends, and nothing is a pytest fixture except in ``tests.rig.fixtures``.
"""
