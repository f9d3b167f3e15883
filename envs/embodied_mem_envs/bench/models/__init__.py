"""Figures of models that are asked and of models that see."""
