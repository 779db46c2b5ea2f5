"""Processes that each run one library, in its own environment, at the word of the conductor."""
