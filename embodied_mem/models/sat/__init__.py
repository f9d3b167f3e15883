"""The spatially-aware transformer: reads an episodic memory by time and place (extra `train`).

Nothing here is imported by `embodied_mem.models`, so that the core stays free of torch.
"""
