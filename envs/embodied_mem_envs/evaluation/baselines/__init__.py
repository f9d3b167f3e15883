"""Other ways to carry a plan out, to compare with: same skills, perception, simulator and border.

| name | after | how |
|---|---|---|
| `open_loop` | code-as-policies (Liang et al. 2023) | calls the skills one after the other |
| `rekep` | ReKep (Huang et al. 2024) | goes back to the latest stage whose constraints hold |
| `tree` | behaviour trees (Colledanchise and Oegren 2018) | reactive conditions and retries |
| `every_step` | Inner Monologue (Huang et al. 2022) | asks the model after each step |

The first three have no memory: they know what the camera shows when they are asked.
"""
