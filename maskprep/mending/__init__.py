"""Check, mend, check again; what a fix is, and the rules explained.

Imports pictures, editing and what is below. A fix calls an operation of editing; it draws and
computes nothing itself.
"""
