"""The third floor: the entrances that people and programs use."""
