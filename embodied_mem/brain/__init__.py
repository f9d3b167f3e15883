"""The brain package."""
