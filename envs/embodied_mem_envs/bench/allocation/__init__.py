"""Figures of allocation: what a memory is worth by who decides what it holds."""
