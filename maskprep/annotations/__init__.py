"""Shapes that people drew in annotation tools: read, chosen by label, filled as their tool does.

A module a format: what it is told by, its shapes with their labels, and which fill of `painting`
or `runs` is its tool's own. Imports raster, files and what is below. No trainer, and nothing is
written.
"""
