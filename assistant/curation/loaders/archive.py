"""ZIP containers (DOCX, ODT, EPUB): opened only after their directory has shown that they are harmless."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from typing import Any

from assistant.curation.loaders.limits import MEBIBYTE
from assistant.curation.loaders.source import Source
from assistant.errors import InvalidDocument, TooLarge

_MAX_MEMBERS = 10_000
_MAX_RATIO, _RATIO_MATTERS_FROM = 200, 5 * MEBIBYTE  # text rarely deflates beyond 1:20
_XML_SUFFIXES = (".xml", ".rels", ".opf", ".ncx", ".rdf")
_ENCRYPTED = 0x1


class Archive:
    """The members of a ZIP file, each read at most up to its declared size.

    Raises:
        InvalidDocument: damaged, encrypted, or two members share a name or their bytes.
        TooLarge: an archive bomb: too many members, or more bytes than a document may inflate to.
    """

    def __init__(self, source: Source) -> None:
        """Open the archive and check its directory."""
        self._source = source
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(source.data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise self._damaged(error) from error
        self._members = {member.filename: member for member in self._zip.infolist()}
        self._check_directory()

    def _check_directory(self) -> None:
        members, source = self._zip.infolist(), self._source
        if len(members) > _MAX_MEMBERS:
            raise TooLarge(f"{source.label} is an archive of {len(members):,} files.", "Save the document again.")
        if len(self._members) != len(members):
            raise InvalidDocument(f"{source.label} is an archive that holds two files of one name.", "Save it again.")
        if any(member.flag_bits & _ENCRYPTED for member in members):
            raise InvalidDocument(f"{source.label} is encrypted with a password.", "Save it without one.")
        inflated = sum(member.file_size for member in members)
        if inflated > source.limits.inflated_bytes or any(
            member.file_size > _RATIO_MATTERS_FROM and member.file_size > _MAX_RATIO * member.compress_size
            for member in members
        ):
            raise TooLarge(
                f"{source.label} inflates to {inflated:,} bytes, far more than a document.", "Save the document again."
            )
        end = 0
        for member in sorted(members, key=lambda member: member.header_offset):
            if member.header_offset < end:
                raise InvalidDocument(f"{source.label} is an archive whose files overlap.", "Save it again.")
            end = member.header_offset + member.compress_size

    def names(self) -> tuple[str, ...]:
        """The members' names, as the archive gives them; they are never used as paths."""
        return tuple(self._members)

    def __contains__(self, name: str) -> bool:
        """Whether there is a member of that name."""
        return name in self._members

    def read(self, name: str) -> bytes:
        """A member's bytes.

        Raises:
            InvalidDocument: there is no such member, or it is damaged.
        """
        member = self._members.get(name)
        if member is None:
            raise InvalidDocument(f"{self._source.label} is damaged: it has no {name!r}.", "Save it again.")
        try:
            with self._zip.open(member) as stream:
                return stream.read(member.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError) as error:
            raise self._damaged(error) from error

    def xml(self, name: str) -> Any:
        """A member parsed as XML, without document types, entities or anything from outside.

        Raises:
            InvalidDocument: not well-formed, or it declares a document type.
        """
        from defusedxml.common import DefusedXmlException
        from defusedxml.ElementTree import ParseError, fromstring

        try:
            return fromstring(self.read(name), forbid_dtd=True)
        except DefusedXmlException as error:
            raise InvalidDocument(
                f"{self._source.label} declares XML entities or a document type in {name!r}.",
                "Save it again with an office program.",
            ) from error
        except (ParseError, ValueError, LookupError) as error:
            raise self._damaged(error) from error

    def check_xml(self) -> None:
        """Parse every XML member once, for a library that would parse them less carefully.

        Raises:
            InvalidDocument: as from ``xml``.
        """
        for name in self._members:
            if name.lower().endswith(_XML_SUFFIXES):
                self.xml(name)

    def _damaged(self, error: Exception) -> InvalidDocument:
        return InvalidDocument(
            f"{self._source.label} is a damaged archive ({error}).", "Save the document again and add the new file."
        )


def relative_to(base: str, reference: str) -> str:
    """A reference inside an archive as a member name; one that leaves the archive names no member."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), reference))
