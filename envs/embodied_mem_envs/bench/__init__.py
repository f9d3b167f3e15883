"""Measurements: the figures that the README reports, one module a part."""
