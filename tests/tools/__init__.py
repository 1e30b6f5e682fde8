"""Tests of what makes pages."""
