"""How documents come in: loading, chunking, statements, the pipeline."""
