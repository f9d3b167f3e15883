"""Learning to edit a working memory: tales, their environment, rules, and what trains an editor."""
