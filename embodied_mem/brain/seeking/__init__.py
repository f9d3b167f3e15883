"""Finding and going: to a thing by its name, description or picture, from memory first.

What memory believes comes first, surest and nearest before others; on arrival the thing is looked
for, and where it is not there the next belief is tried. Only then is the unknown searched, where
such things usually stand before elsewhere. A question is looked into the same way, until what it
asks was seen well enough.
"""
