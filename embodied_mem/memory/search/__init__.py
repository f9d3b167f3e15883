"""Searching: by vector, by words, and what turns text into vectors."""
