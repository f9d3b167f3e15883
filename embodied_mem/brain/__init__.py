"""The brain: cortex, cerebellum, hippocampus and brainstem.

`Brain` drives a body; `build_hippocampus` (in `embodied_mem.brain.build`) makes a memory that can
also be fed by hand, one observation at a time.
"""
