"""What lies on a table, in its bins and in its drawers, from pictures with depth."""
