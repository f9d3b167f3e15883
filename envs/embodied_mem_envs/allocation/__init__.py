"""Allocation as an environment: recorded streams of candidates, questions, and a byte budget."""
