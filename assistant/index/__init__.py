"""What is stored and found: the catalog, full text, vectors and the encoder."""
