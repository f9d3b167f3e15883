"""Figures of episodic memory, its transformer and training at scale."""
