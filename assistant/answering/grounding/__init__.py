"""Whether a sentence is backed by its sources: what a model or a person wrote, checked before it is believed."""
