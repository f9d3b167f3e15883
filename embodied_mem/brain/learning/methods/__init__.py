"""Methods: what is general in a plan that worked, and how it becomes a plan for another scene."""
