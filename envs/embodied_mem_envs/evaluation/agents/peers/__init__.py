"""The memories that ours is compared with, each with the rules that its authors published.

All of them see the same frames, walk with our navigation on a map of their own, and are drawn on
by the same scripted model: `embodied_mem.brain.seeking.Seeker` decides where to go and
`answer_question` answers, both from what the memory would show a model and from nothing else.
What is a published rule and what was chosen in a memory's favour is said on its own page.
"""
