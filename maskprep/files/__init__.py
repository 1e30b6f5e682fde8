"""Names and bytes, on disk or behind a URL, and files written whole.

Imports errors and version only. No pixel, no trainer.
"""
