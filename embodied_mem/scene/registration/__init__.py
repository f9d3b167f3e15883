"""Where am I again: clouds of what is seen and remembered, and how one lies in the other.

`clouds` makes them of frames, `align` lays one over another and refuses when it is not sure,
`search` finds where to begin, `verdict` says whether to believe it, `map_cloud` is what a memory
keeps for it, and `relocaliser` takes the first frames of a visit and says where it began.

Nothing is imported here: Open3D takes a second, and most who use a part need no other.
"""
