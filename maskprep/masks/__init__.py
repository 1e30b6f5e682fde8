"""Arrays to arrays: tones, growth, details, the latent grid.

Imports raster and what is below. No path, no trainer, no data set.
"""
