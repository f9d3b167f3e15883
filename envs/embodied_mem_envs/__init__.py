"""Gymnasium environments in which memory is what is trained and scored."""
