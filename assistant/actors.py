"""Who can hold a position: states, organisations, groups and people, and every name they go by.

An ``ActorBook`` joins the curated file ``actors.yaml`` with the names, capitals and demonyms of all countries. It
answers who "the Kremlin", "Tokyo" or "Russian Deputy Foreign Minister Sergei Ryabkov" stands for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from assistant.countries import Country, load_countries
from assistant.names import NameIndex, fold, name_key, words
from assistant.yamlfile import Section, check_keys, invalid, read_yaml, text_list

ActorKind = Literal["state", "organisation", "group", "person"]

_KEYS = frozenset(
    {"id", "name", "kind", "country", "aliases", "metonyms", "adjectives", "side", "roles"},
)
_EDGES = ' \t\n"“”‘’,;:()'
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

# Offices and bodies that speak for the actor whose adjective or name stands before them.
OFFICES = frozenset(
    """administration admiral advisers aide aides ambassador ambassadors army attache authorities bloc cabinet chairman
    chairwoman chancellor chief chiefs commander commanders commission commissioner council counterpart delegate
    delegates delegation diplomat diplomats embassy envoy envoys force forces general generals government
    governments head intelligence justice king leader leaders leadership lawmakers marshal military minister
    ministers ministry mission monarch navy negotiator negotiators officer officers official officials parliament
    pope premier presidency president prince queen regime representative representatives secretary senator senators
    side spokesman spokesmen spokesperson spokespeople spokeswoman staff state team treasury troops union
    vice-president""".split()
)
# Words that take the office away again: nobody of these speaks for the state.
_NOT_IN_OFFICE = frozenset(
    """former ex retired ousted exiled opposition late onetime fugitive jailed analyst analysts expert experts
    historian journalist professor scholar researcher think tank newspaper media tabloid magazine agency newswire
    broadcaster separatist backed led based born focused trained made occupied""".split()
)
_TITLES = frozenset(
    """president prime minister mr mrs ms dr sir lord lady general gen colonel col lt sen senator rep chancellor
    premier secretary king queen prince princess pope ambassador envoy foreign defence defense deputy vice chief
    leader spokesman spokeswoman governor mayor judge justice""".split()
)
_DAYS = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december""".split()
)
_SENTENCE_WORDS = frozenset(
    """a an the and but or so yet for nor if when while as since after before because although though until unless
    in on at by with from to of about what who whom whose why how where which does did do has have had is was are will
    would could should can may might must not also then now today both neither either like unlike meanwhile however
    still even only here there that this these those""".split()
)


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor; ``side`` is the id of the actor it speaks for, None for those who speak for themselves."""

    id: str
    name: str
    kind: ActorKind
    aliases: tuple[str, ...] = ()
    metonyms: tuple[str, ...] = ()
    adjectives: tuple[str, ...] = ()
    side: str | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Name:
    actor: Actor
    adjective: bool  # "Russian": the actor only where an office follows


class ActorBook:
    """All known actors, immutable once loaded.

    Args:
        actors: the actors; names must be unique (``load`` checks this).
    """

    def __init__(self, actors: Iterable[Actor]) -> None:
        self._actors = {actor.id: actor for actor in actors}
        names: list[tuple[str, _Name]] = []
        for actor in self._actors.values():
            names += [(name, _Name(actor, False)) for name in (actor.name, *actor.aliases, *actor.metonyms)]
        for actor in self._actors.values():
            names += [(name, _Name(actor, True)) for name in actor.adjectives]
            names += [(name + "s", _Name(actor, True)) for name in actor.adjectives if name.endswith(("n", "i", "k"))]
        self._names: NameIndex[_Name] = NameIndex(names)

    @classmethod
    def load(cls, path: Path | str) -> ActorBook:
        """Read ``actors.yaml`` and add every country that it does not name.

        Raises:
            InvalidConfiguration: the file cannot be read, or an entry is unusable: unknown keys, an unknown kind, side
                or country, a name that stands for two actors, or sides that run in a circle.
        """
        path = Path(path)
        curated = _read(path)
        return cls([*curated.values(), *_remaining_countries(curated, load_countries())])

    def __iter__(self) -> Iterator[Actor]:
        """The actors in the order of the file, then the countries that it does not list."""
        return iter(self._actors.values())

    def get(self, actor_id: str) -> Actor | None:
        """The actor with that id."""
        return self._actors.get(actor_id)

    def named(self, name: str) -> Actor | None:
        """The actor of whom this is a name, alias, metonym or adjective, in any case."""
        known = self._names.get(name)
        return known.actor if known else None

    def side_of(self, actor: Actor) -> Actor:
        """The actor for which this one speaks: Russia for Vladimir Putin, itself for Russia."""
        while actor.side is not None and actor.side in self._actors:
            actor = self._actors[actor.side]
        return actor

    def find(self, text: str, *, any_case: bool = False) -> list[tuple[int, int, Actor]]:
        """Every mention of an actor: start, end, actor; adjectives ("Russian troops") count as mentions.

        Args:
            text: where to look.
            any_case: accept names in lower case, as people type questions.
        """
        return [
            (start, end, known.actor)
            for start, end, known in self._names.find(text, any_case=any_case)
            if not (known.actor.kind == "person" and self._is_someone_else(text, start, end))
        ]

    def resolve(self, text: str) -> Actor | None:
        """Whom a noun phrase stands for: a name, or an office of a known actor; None when it says nobody known.

        "Russian Deputy Foreign Minister Sergei Ryabkov" is Sergei Ryabkov, "a Russian diplomat" is Russia,
        "a former Russian diplomat" is nobody known.
        """
        exact = self._exactly(text)
        if exact is not None:
            return exact
        mentions = [
            (start, end, known)
            for start, end, known in self._names.find(text)
            if not (known.actor.kind == "person" and self._is_someone_else(text, start, end))
        ]
        head = text.split(",")[0]
        people = [
            known.actor
            for start, end, known in mentions
            if known.actor.kind == "person" and start < len(head) and not re.match(r"['’]s?\b", text[end:])
        ]
        if people:
            return people[-1]
        return self._office_holder(head, [m for m in mentions if m[0] < len(head)])

    def _exactly(self, text: str) -> Actor | None:
        stripped = re.sub(r"['’]s?$", "", text.strip(_EDGES))
        hits = list(self._names.find(stripped))
        if len(hits) != 1 or hits[0][2].adjective:
            return None
        start, end, known = hits[0]
        before = stripped[:start].strip().lower()
        return known.actor if not stripped[end:].strip(_EDGES + ".") and before in {"", "the"} else None

    def _office_holder(self, head: str, mentions: list[tuple[int, int, _Name]]) -> Actor | None:
        tokens = words(head)
        if any(word in _NOT_IN_OFFICE for _, _, word in tokens):
            return None
        for start, end, known in mentions:
            if known.actor.kind == "person":
                continue
            after = [word for token_start, _, word in tokens if token_start >= end]
            if any(word in OFFICES for word in after):
                return known.actor
            before = [word for _, token_end, word in tokens if token_end <= start]
            if before and before[-1] == "the":
                before.pop()
            if not known.adjective and len(before) >= 2 and before[-1] == "of" and before[-2] in OFFICES:
                return known.actor  # "the president of Ukraine", "leaders of the European Union"
        return None

    def _is_someone_else(self, text: str, start: int, end: int) -> bool:
        """Whether a name belongs to a longer one: "Melania Trump", "Trump Tower", "Donald Trump Jr."."""
        if re.match(r",? (Jr|Sr|II|III)\b", text[end:]):
            return True
        if " " in text[start:end].strip():
            return False
        after = re.match(r" ([A-Z][\w]*\.?)", text[end:])
        if after and fold(after.group(1)) not in _DAYS:
            return True
        before = re.search(r"(^|[^\w.])([A-Z][\w’'.-]*) $", text[:start][-40:])
        if before is None:
            return False
        word = fold(before.group(2))
        if word in _TITLES or word in _SENTENCE_WORDS or word in OFFICES or word in _DAYS:
            return False
        return self._names.get(word) is None


def _read(path: Path) -> dict[str, Actor]:
    data = read_yaml(path)
    check_keys(path, data, frozenset({"actors"}), "the file")
    entries = data.get("actors")
    if not isinstance(entries, list):
        raise invalid(path, data.line, "'actors' is not a list", "List the actors below 'actors:'.")
    by_country = {name: country for country in load_countries() for name in country.names}
    actors: dict[str, Actor] = {}
    lines: dict[str, int] = {}
    owners: dict[tuple[str, ...], str] = {}
    for entry in entries:
        if not isinstance(entry, Section):
            raise invalid(path, data.line, f"{entry!r} is not an actor", "Give each actor at least id, name and kind.")
        actor = _actor(path, entry, by_country)
        if actor.id in actors:
            raise invalid(path, entry.line, f"the id {actor.id!r} is used twice", "Give one of the two another id.")
        _claim_names(path, entry, actor, owners)
        actors[actor.id] = actor
        lines[actor.id] = entry.line
    _check_sides(path, actors, lines, {_slug(country.name) for country in load_countries()})
    return actors


def _actor(path: Path, entry: Section, by_country: dict[str, Country]) -> Actor:
    check_keys(path, entry, _KEYS, "the actor")
    for key in ("id", "name", "kind"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise invalid(path, entry.line, f"an actor has no {key!r}", "Give each actor at least id, name and kind.")
    if not _ID.fullmatch(entry["id"]):
        raise invalid(path, entry.line, f"the id {entry['id']!r} is not usable", "Use a-z, 0-9 and hyphens.")
    if entry["kind"] not in get_args(ActorKind):
        raise invalid(
            path, entry.line, f"the kind {entry['kind']!r} is unknown", f"Use {', '.join(get_args(ActorKind))}."
        )
    if entry.get("side") is not None and not isinstance(entry["side"], str):
        raise invalid(path, entry.line, "'side' is not an id", "Give the id of one actor.")
    aliases, metonyms = text_list(path, entry, "aliases"), text_list(path, entry, "metonyms")
    adjectives = text_list(path, entry, "adjectives")
    if entry.get("country") is not None:
        country = by_country.get(str(entry["country"]))
        if country is None:
            raise invalid(
                path, entry.line, f"the country {entry['country']!r} is unknown", "Use its common English name."
            )
        aliases += tuple(name for name in country.names if name not in aliases and name != entry["name"])
        metonyms += (country.capital,) if country.capital and country.capital not in metonyms else ()
        adjectives += tuple(word for word in country.demonyms if word not in adjectives)
    return Actor(
        entry["id"],
        " ".join(entry["name"].split()),
        entry["kind"],
        aliases,
        metonyms,
        adjectives,
        entry.get("side"),
        text_list(path, entry, "roles"),
    )


def _claim_names(path: Path, entry: Section, actor: Actor, owners: dict[tuple[str, ...], str]) -> None:
    curated = [
        actor.name,
        *(
            text_list(path, entry, "aliases")
            + text_list(path, entry, "metonyms")
            + text_list(path, entry, "adjectives")
        ),
    ]
    seen: set[str] = set()
    for name in curated:
        key = name_key(name)
        owner = owners.get(key)
        if not key:
            raise invalid(path, entry.line, f"the name {name!r} has no letters", "Remove it.")
        if owner is not None and owner != actor.id:
            raise invalid(
                path,
                entry.line,
                f"{name!r} stands for both {owner!r} and {actor.id!r}",
                "A name can stand for one actor only: keep it where it belongs.",
            )
        if name in seen:
            raise invalid(path, entry.line, f"{name!r} stands twice in {actor.id!r}", "Remove one of them.")
        seen.add(name)
        owners[key] = actor.id


def _check_sides(path: Path, actors: dict[str, Actor], lines: dict[str, int], countries: set[str]) -> None:
    for actor in actors.values():
        chain = [actor.id]
        side = actor.side
        while side is not None:
            if side in chain:
                circle = " → ".join([*chain, side])
                raise invalid(
                    path, lines[actor.id], f"the sides run in a circle: {circle}", "Remove 'side' from one of them."
                )
            if side not in actors:
                if side in countries:
                    break
                raise invalid(
                    path, lines[actor.id], f"{chain[-1]!r} has the unknown side {side!r}", "Use the id of an actor."
                )
            chain.append(side)
            side = actors[side].side


def _slug(name: str) -> str:
    return "-".join(fold(word) for _, _, word in words(name))


def _remaining_countries(curated: dict[str, Actor], countries: Iterable[Country]) -> list[Actor]:
    """The countries that the file does not take over, each without the names that are taken already."""
    taken = {
        name_key(name)
        for actor in curated.values()
        for name in (actor.name, *actor.aliases, *actor.metonyms, *actor.adjectives)
    }
    rest: list[Actor] = []
    for country in countries:
        actor_id = _slug(country.name)
        if name_key(country.name) in taken or actor_id in curated or not actor_id:
            continue
        aliases = _free(taken, country.names[1:])
        metonyms = _free(taken, [country.capital] if country.capital else [])
        adjectives = _free(taken, country.demonyms)
        taken.add(name_key(country.name))
        rest.append(Actor(actor_id, country.name, "state", aliases, metonyms, adjectives))
    return rest


def _free(taken: set[tuple[str, ...]], names: Iterable[str]) -> tuple[str, ...]:
    free = []
    for name in names:
        if name_key(name) not in taken:
            taken.add(name_key(name))
            free.append(name)
    return tuple(free)
