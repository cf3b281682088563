"""The web inbox: pages rendered here, a little JavaScript of our own, and nothing from anywhere else."""
