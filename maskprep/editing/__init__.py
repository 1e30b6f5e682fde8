"""Masks written: extracted, embedded, grown; planned first, originals kept.

Imports dataset, masks, raster and what is below. What a mask becomes is worked out in masks;
here it is read and written.
"""
