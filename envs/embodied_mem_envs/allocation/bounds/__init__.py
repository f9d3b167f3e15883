"""Bounds of what an allocator could reach, printed with every result."""
