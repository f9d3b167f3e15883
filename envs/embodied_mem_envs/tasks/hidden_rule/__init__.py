"""Hidden rules of a house: found out by experiments, and scored by program equivalence."""
