"""The figures of the brain: reflexes, punctuality, cost of a tick, memory, grammar."""
