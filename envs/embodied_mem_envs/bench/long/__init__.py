"""Figures of a memory that lives long."""
