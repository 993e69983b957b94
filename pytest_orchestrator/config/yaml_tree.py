"""From the events of a YAML parser to a tree, without recursion."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

import yaml
from yaml.resolver import Resolver

from ..quick_dataclasses import dataclass
from .phrases import clipped
from .tree import Entry, Listing, Node, Scalar, ScalarKind, Table

if TYPE_CHECKING:
    from .yaml_source import Source

_DEEPEST = 64
_MOST_ALIASED = 1_000_000

_TAG = "tag:yaml.org,2002:"
_KINDS = {
    _TAG + "int": ScalarKind.INT,
    _TAG + "float": ScalarKind.FLOAT,
    _TAG + "bool": ScalarKind.BOOL,
    _TAG + "null": ScalarKind.NULL,
}


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end was not seen yet; of a mapping, keys and values in turn."""

    is_table: bool
    at: int
    anchor: str | None
    is_broken: bool
    size: int = 1
    nodes: list[Node] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    merges: set[int] = field(default_factory=set)


class TreeBuilder:
    """Takes the events of one file. Mistakes are reported to the source."""

    def __init__(self, source: Source) -> None:
        self.root: Node | None = None
        self.is_hopeless = False
        """Whether a mistake was met behind which nothing can be read."""
        self._source = source
        self._documents = 0
        self._aliased = 0
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        self._resolver: Any = Resolver()

    def take(self, event: yaml.Event) -> None:
        """Take the next event of the file."""
        at = event.start_mark.index if event.start_mark else 0
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, at)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event, at)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(str(event.anchor), at)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._give_up(at, "a second YAML document begins here; one file holds one document, remove the '---'")

    def _give_up(self, at: int, message: str) -> None:
        self._source.report(at, message)
        self.is_hopeless = True

    def _scalar(self, event: yaml.ScalarEvent, at: int) -> None:
        text: str = event.value
        is_merge = False
        if event.tag in ("!", _TAG + "str"):
            node = Scalar(ScalarKind.TEXT, text, at, quoted=True)
        elif event.tag is not None:
            self._source.report(at, f"tag {_shown_tag(event.tag)} is not supported; write the value without a tag")
            node = Scalar(ScalarKind.BROKEN, text, at)
        elif event.implicit[0]:
            tag = self._resolver.resolve(yaml.ScalarNode, text, (True, False))
            is_merge = tag == _TAG + "merge"
            node = Scalar(_KINDS.get(tag, ScalarKind.TEXT), text, at)
        else:
            node = Scalar(ScalarKind.TEXT, text, at, quoted=True)
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            self._source.report(at, f"{clipped(text)} holds half a character; write the whole character")
            node = Scalar(ScalarKind.BROKEN, "", at)
        if is_merge and self._stack:
            self._stack[-1].merges.add(len(self._stack[-1].nodes))
        self._add(node, at, event.anchor, 1)

    def _open(self, event: yaml.CollectionStartEvent, at: int) -> None:
        is_table = isinstance(event, yaml.MappingStartEvent)
        is_broken = event.tag not in (None, "!", _TAG + "map", _TAG + "seq")
        if event.tag is not None and is_broken:
            self._source.report(at, f"tag {_shown_tag(event.tag)} is not supported; write the value without a tag")
        if len(self._stack) >= _DEEPEST:
            self._give_up(at, f"nested more than {_DEEPEST} levels deep; no configuration needs that, write it flat")
            return
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Open(is_table, at, event.anchor, is_broken))

    def _close(self) -> None:
        done = self._stack.pop()
        node: Node
        if done.is_broken:
            node = Scalar(ScalarKind.BROKEN, "", done.at)
        else:
            node = self._table(done) if done.is_table else Listing(tuple(done.nodes), done.at)
        self._add(node, done.at, done.anchor, done.size)

    def _alias(self, name: str, at: int) -> None:
        node: Node = Scalar(ScalarKind.BROKEN, "", at)
        size = 1
        if name not in self._anchors:
            self._source.report(
                at, f"no anchor '&{name}' before this alias; to write text that begins with '*', quote it"
            )
        elif (known := self._anchors[name]) is None:
            self._source.report(at, f"alias '*{name}' refers to itself; write the value out")
        else:
            node, size = known
            self._aliased += size
            if self._aliased > _MOST_ALIASED:
                self._give_up(
                    at, f"aliases stand for more than {_MOST_ALIASED} values in all; write less, or use globs"
                )
                return
        self._add(node, at, None, size)

    def _add(self, node: Node, at: int, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = node, size
        if not self._stack:
            self.root = node
            return
        parent = self._stack[-1]
        parent.nodes.append(node)
        parent.places.append(at)
        parent.size += size

    def _table(self, done: _Open) -> Table:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        merge_seen = False
        for index in range(0, len(done.nodes) - 1, 2):
            key, value, at = done.nodes[index], done.nodes[index + 1], done.places[index]
            if index in done.merges:
                if merge_seen:
                    self._source.report(at, "duplicate key '<<'; merge several mappings with one list: <<: [*a, *b]")
                merge_seen = True
                merged |= self._merged(value)
            elif not isinstance(key, Scalar):
                self._source.report(at, "a list or mapping is no key; write text before the ':'")
            elif key.kind is ScalarKind.NULL and not key.text:
                self._source.report(at, "the key before ':' is missing; write one")
            elif key.text in own:
                line, _ = self._source.position(own[key.text].at)
                self._source.report(at, f"duplicate key {clipped(key.text)}, first on line {line}; remove one of them")
            elif key.kind is not ScalarKind.BROKEN:
                own[key.text] = Entry(at, value)
        return Table({name: entry for name, entry in merged.items() if name not in own} | own, done.at)

    def _merged(self, value: Node) -> dict[str, Entry]:
        tables = value.items if isinstance(value, Listing) else (value,)
        entries: dict[str, Entry] = {}
        for table in tables:
            if isinstance(table, Table):
                # As the merge key's own definition says: an earlier mapping of the list wins.
                entries = table.entries | entries
            elif not (isinstance(table, Scalar) and table.kind is ScalarKind.BROKEN):
                self._source.report(value.at, "'<<' merges a mapping or a list of mappings; give it aliases of such")
        return entries


def _shown_tag(tag: str) -> str:
    return repr("!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag)[:80]
