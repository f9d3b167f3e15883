"""Tasks of a mobile body in which memory decides: what happens in an episode, and how it is judged.

An episode is a row of happenings (`tasks.episode`); Gymnasium environments and evaluations play the
same ones.
"""
