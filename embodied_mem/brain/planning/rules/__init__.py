"""Plans by rules: what the scripted planner knows of moving things about."""
