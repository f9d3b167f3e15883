"""Planning: a situation goes to a model as text, and comes back as a checked plan."""
