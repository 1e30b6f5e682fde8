"""Work in threads, processes or on a cluster, in order; facts worked out once.

Imports files and what is below. It knows nothing of what is worked on.
"""
