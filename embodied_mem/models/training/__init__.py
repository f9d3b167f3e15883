"""Trainers of what reads an episodic memory (extra `train`)."""
