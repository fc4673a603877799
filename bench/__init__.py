"""Benchmarks: ratios within one run, because absolute times belong to one machine and one day."""
