"""Room Ballet: dancers in rooms, each seen once, and the question how one of them danced.

After the benchmark of the Spatially-Aware Transformer (Cho et al., ICLR 2024), itself after the
ballet of Lampinen et al. (NeurIPS 2021). Nothing here is imported with the package, so that what
needs torch stays apart.
"""
