"""The tests of Kalends; ``tests.rig`` starts the real servers that they talk to."""
