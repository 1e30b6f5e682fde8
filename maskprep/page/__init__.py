"""The page of a data set: one HTML file that shows what will train, and lets people try the mend.

Imports mending and what is below, and Jinja2. Nothing is judged here, and nobody but the command
line imports it.
"""
