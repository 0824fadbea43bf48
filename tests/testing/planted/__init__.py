"""Correct toy models, and the same with one fault each: the test of the tests."""
