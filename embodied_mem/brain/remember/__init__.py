"""How what the scene holds becomes records, and stays in step with them."""
