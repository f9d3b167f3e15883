"""An arm: its kinematics, its motions, and the skills of a hand."""
