"""Plans: data that a model writes, checked, drawn, and compiled to a behaviour tree."""
