"""How a store lies on disk: append-only files that hold bytes only, and a journal about them."""
