"""Patch walk: see a picture patch by patch, and draw from memory what lies along another way."""
