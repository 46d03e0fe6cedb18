"""The commands of ``assistant``, one module a subject; each imports what it needs when it runs."""
