"""The corpus as a retriever in a chain of LangChain."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompt_values import PromptValue
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda, RunnablePassthrough

from assistant import CorpusRetriever
from assistant.errors import InvalidQuestion, NotFound
from assistant.index.catalog import get_version
from assistant.models import Filters
from assistant.services import Services

ROOT = Path(__file__).parent.parent.parent
QUESTION = "When was the Budapest Memorandum signed?"


def test_passages_are_documents_that_say_where_they_are_from(briefing: Services) -> None:
    retriever = CorpusRetriever(services=briefing, k=3)
    assert isinstance(retriever, BaseRetriever)
    found = retriever.invoke(QUESTION)
    assert len(found) == 3
    assert "1994" in found[0].page_content
    for document in found:
        said = document.metadata
        with briefing.database.read() as connection:
            text = get_version(connection, said["document_id"], said["version"]).text
        assert text[said["start"] : said["end"]] == document.page_content
        assert said["url"].startswith("http") and said["title"] and document.id
    scores = [document.metadata["score"] for document in found]
    assert scores == sorted(scores, reverse=True)


def test_a_chain_answers_with_what_was_retrieved(briefing: Services) -> None:
    def shown(documents: list[Document]) -> str:
        return "\n\n".join(f"<{d.metadata['url']}> {d.page_content}" for d in documents)

    def first_source(prompt: PromptValue) -> str:
        (message,) = prompt.to_messages()
        assert QUESTION in str(message.content)
        return next(line for line in str(message.content).splitlines() if "1994" in line)

    prompt = ChatPromptTemplate.from_template("{question}\n\n{context}")
    retriever = CorpusRetriever(services=briefing)
    chain = (
        {"context": retriever | shown, "question": RunnablePassthrough()}
        | prompt
        | RunnableLambda(first_source)
        | StrOutputParser()
    )
    answer = chain.invoke(QUESTION)
    assert answer.startswith("<http") and "Budapest" in answer


def test_filters_hold(briefing: Services) -> None:
    filters = Filters(document_ids=("budapest-memorandum",))
    found = CorpusRetriever(services=briefing, filters=filters, k=20).invoke("ceasefire")
    assert {document.metadata["document_id"] for document in found} == {"budapest-memorandum"}


def test_errors_are_ours(briefing: Services, tmp_path: Path) -> None:
    with pytest.raises(InvalidQuestion):
        CorpusRetriever(services=briefing).invoke(" ")
    with pytest.raises(NotFound, match="no corpus"), CorpusRetriever.open(tmp_path / "none"):
        pass


def test_importing_the_package_is_cheap() -> None:
    code = "import sys, assistant; print([name for name in ('langchain_core', 'pydantic') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(ImportError):
        from assistant import Nothing  # noqa: F401
