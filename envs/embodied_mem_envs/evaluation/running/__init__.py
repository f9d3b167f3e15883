"""Runs the jobs of an evaluation, here or in other processes."""
