"""Odometry drifts: where the body is on its own map, and what is remembered moved with it."""
