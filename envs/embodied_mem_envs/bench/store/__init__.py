"""What the memory store costs and what it keeps: the figures of `bench store`."""
