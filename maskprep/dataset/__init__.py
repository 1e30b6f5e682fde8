"""From a request to pairs, each as one trainer sees it; and where results may go.

Imports trainers, masks, raster and what is below. No judgement, and nothing of a data set is
written.
"""
