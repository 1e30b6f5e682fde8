"""Doors through which anything may come: each takes bytes, and raises nothing but our own words."""
