"""Measuring answers, positions and attributions against labelled data, through the code that serves users."""
