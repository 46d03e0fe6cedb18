"""Trains the reader that the project ships; nothing in the assistant imports it."""
