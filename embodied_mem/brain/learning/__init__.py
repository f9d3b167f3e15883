"""Learning by doing: which skills to show a planner, which plans worked, and what was done."""
