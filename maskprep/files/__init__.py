"""Names and bytes, on disk or behind a URL, and files written whole.

Imports errors only. No pixel, no trainer.
"""
