"""A briefing assistant over a curated corpus: answers whose every sentence is cited, or a refusal."""
