"""A stream of things whose labels grow from coarse to fine, and a small buffer to keep some in."""
