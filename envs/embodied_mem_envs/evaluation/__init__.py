"""How well a memory answers: questions on houses, scored against their ground truth."""
