"""Measurements: each beside the usual recipe, in the same run on the same machine."""
