"""The demo: a clinic by the harbour, made through the services like anybody's data."""
