"""Folders to a configuration, proven by reading it back.

Imports checking, dataset, trainers, raster and what is below. The words of a configuration are its
trainer's.
"""
