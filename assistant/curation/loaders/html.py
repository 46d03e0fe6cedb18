"""Web pages: the article without its surroundings, and what the page itself states about it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

from assistant.curation.loaders.builder import TextBuilder
from assistant.curation.loaders.markup import append_tree, parse_html, remove_hidden
from assistant.curation.loaders.metadata import stated
from assistant.curation.loaders.source import Source
from assistant.curation.loaders.text import clean_text, cleaning_notes, decode
from assistant.errors import InvalidDocument
from assistant.models import LoadedDocument, Metadata

MEDIA_TYPE = "text/html"
_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,100}?encoding=[\"']([\w.:-]+)", re.I
)
_DATE_FIELDS = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.date",
    "dc.date",
    "citation_publication_date",
    "citation_date",
    "publication_date",
    "publish-date",
    "publish_date",
    "pubdate",
    "parsely-pub-date",
    "sailthru.date",
    "date",
)
_SURROUNDINGS = ("nav", "header", "footer", "aside")
_SHORT_PAGE = 3_000  # characters of an article that is taken without looking at the rest of its page
_ENOUGH, _SAME = 0.5, 1.1  # of a short page: least share that is an article; the page is the article
_JSON_DEPTH = 8


def load(source: Source) -> tuple[LoadedDocument, ...]:
    """One document: the main text of the page.

    Raises:
        InvalidDocument: the page has no text, as when a script would have to fetch it.
    """
    declared = _CHARSET.search(source.data[:4096])
    raw, notes = decode(source, (declared[1] or declared[2]).decode("ascii", "replace") if declared else None)
    text = clean_text(raw)
    notes = (*notes, *cleaning_notes(raw, text))
    tree = parse_html(text)
    if tree is None:
        raise InvalidDocument(f"{source.label} holds no text.", "Add the page as a browser shows it.")
    metadata, metadata_notes = _metadata(tree, text, source)
    builder, article_notes = _article(tree, source)
    body, blocks = builder.finish()
    return (LoadedDocument(body, blocks, metadata, None, MEDIA_TYPE, (*notes, *metadata_notes, *article_notes)),)


def _article(tree: Any, source: Source) -> tuple[TextBuilder, tuple[str, ...]]:
    """The article as the extractor finds it, or the page without its surroundings where that is too little."""
    import trafilatura

    remove_hidden(tree)
    article, whole = TextBuilder(source.limits, source.label), TextBuilder(source.limits, source.label)
    found = trafilatura.bare_extraction(
        copy.deepcopy(tree), include_comments=False, include_tables=True, with_metadata=False
    )
    if found is not None and not isinstance(found, dict) and found.body is not None:
        append_tree(_as_html(found.body), article)
    if len(article) >= _SHORT_PAGE:
        return article, ()
    for element in list(tree.iter(*_SURROUNDINGS)):
        if not any(ancestor.tag in ("article", "main") for ancestor in element.iterancestors()):
            element.drop_tree()
    append_tree(tree, whole)
    if len(whole) <= len(article) * _SAME:
        return whole, ()  # nothing was around the article, and the page's own structure is the better one
    if len(article) >= len(whole) * _ENOUGH:
        return article, ()
    return whole, ("no article recognised on the page; the whole page is kept",)


def _as_html(body: Any) -> Any:
    """The extractor's own vocabulary of elements, renamed to HTML."""
    names = {"item": "li", "quote": "blockquote", "row": "tr", "cell": "td", "lb": "br"}
    for element in body.iter():
        if element.tag == "head":
            rend = element.get("rend", "h2")
            element.tag = rend if rend in ("h1", "h2", "h3", "h4", "h5", "h6") else "h2"
        elif element.tag == "list":
            element.tag = "ol" if element.get("rend") == "ol" else "ul"
        elif element.tag == "code":
            element.tag = "pre" if "\n" in (element.text or "") else "code"
        elif element.tag in names:
            element.tag = names[element.tag]
    return body


def _metadata(tree: Any, text: str, source: Source) -> tuple[Metadata, tuple[str, ...]]:
    """What the page states, with the title its name gives where it states none."""
    from trafilatura.metadata import extract_metadata

    found = extract_metadata(text, extensive=False)
    language = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")
    return stated(
        title=(found.title if found else None) or source.title,
        author=found.author if found else None,
        url=found.url if found else None,
        source=found.sitename if found else None,
        language=language or _meta(tree).get("content-language"),
        published_at=publication_date(tree),
    )


def publication_date(tree: Any) -> str | None:
    """The publication date that the page states in its metadata; nothing is inferred from addresses or text."""
    meta = _meta(tree)
    for name in _DATE_FIELDS:
        if meta.get(name):
            return meta[name]
    for date in _linked_data_dates(tree):
        return date
    for element in tree.iter("time", "meta", "span", "abbr"):
        published = element.get("itemprop", "").lower() == "datepublished" or "pubdate" in element.attrib
        value = element.get("datetime") or element.get("content") or element.get("title")
        if published and value:
            return str(value)
    return None


def _meta(tree: Any) -> dict[str, str]:
    """The page's ``meta`` elements by name in lower case; the first of a name counts."""
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("http-equiv") or element.get("itemprop")
        content = element.get("content")
        if name and content and content.strip():
            found.setdefault(name.strip().lower(), content.strip())
    return found


def _linked_data_dates(tree: Any) -> Iterator[str]:
    """``datePublished`` of the schema.org descriptions in the page, outermost first."""
    for script in tree.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        try:
            level = [json.loads(script.text or "")]
        except (ValueError, RecursionError):
            continue
        for _ in range(_JSON_DEPTH):
            deeper: list[Any] = []
            for value in level:
                if isinstance(value, dict):
                    if isinstance(value.get("datePublished"), str):
                        yield value["datePublished"]
                    deeper.extend(value.values())
                elif isinstance(value, list):
                    deeper.extend(value)
            level = deeper
