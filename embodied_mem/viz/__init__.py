"""The viz package."""
