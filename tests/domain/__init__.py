"""Tests of the ground floor, and the slow oracle that the slot engine is held against."""
