"""The engine that runs rules over samples, which of them run, what it remembers, the verdict.

Imports rules, dataset and what is below. No rule lives here.
"""
