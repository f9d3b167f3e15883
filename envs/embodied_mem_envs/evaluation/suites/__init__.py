"""Suites of episodes that agents are compared on."""
