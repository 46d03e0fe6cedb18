"""The full-text table of SQLite: how it cuts words, and what counts how much."""

from __future__ import annotations

TOKENIZER = "porter unicode61 remove_diacritics 2"

DDL = f"""
CREATE VIRTUAL TABLE passages_fts USING fts5(
    title, headings, text, content='', tokenize='{TOKENIZER}'
)
"""

# bm25 column weights: a match in the text counts most; title and headings say what the passage is about.
WEIGHTS = {"title": 0.5, "headings": 0.5, "text": 1.0}

VOCABULARY_DDL = "CREATE VIRTUAL TABLE passages_vocabulary USING fts5vocab(passages_fts, row)"
