"""The search grammar of MLflow: comparisons joined by AND. Text in, plain comparisons out; what may be compared with
what is for the searches to say."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lib.comparisons import Comparison, Order
from lib.errors import Invalid

LONGEST = 20_000
MOST_COMPARISONS = 100


@dataclass(frozen=True)
class Dialect:
    """What one kind of search may say."""

    # What may stand before the first dot of a name, and what it means; the empty word is for names without a dot.
    entities: Mapping[str, str]
    # What may be compared with a list: whole entities, and names of attributes.
    listed: frozenset[str]
    has_null: bool = True

    def takes_list(self, entity: str, key: str) -> bool:
        """Whether IN may follow the name."""
        return entity in self.listed or (entity == "attribute" and key in self.listed)


_ATTRIBUTES = dict.fromkeys(("attribute", ""), "attribute")
_TAGS = dict.fromkeys(("tag", "tags"), "tag")
_OF_RUNS = {
    **dict.fromkeys(("attribute", "attributes", "attr", "run", ""), "attribute"),
    **_TAGS,
    **dict.fromkeys(("param", "params", "parameter", "parameters"), "param"),
    **dict.fromkeys(("metric", "metrics"), "metric"),
    **dict.fromkeys(("dataset", "datasets"), "dataset"),
}
_OF_LOGGED_MODELS = {"attributes": "attribute", "": "attribute", "tags": "tag", "params": "param", "metrics": "metric"}

FOR_RUNS = Dialect(_OF_RUNS, frozenset({"run_id", "dataset"}))
FOR_LOGGED_MODELS = Dialect(_OF_LOGGED_MODELS, frozenset({"attribute", "tag", "param"}), has_null=False)
FOR_EXPERIMENTS = Dialect(_ATTRIBUTES | _TAGS, frozenset({"experiment_id"}))
FOR_MODELS = Dialect(_ATTRIBUTES | _TAGS, frozenset({"name"}))
FOR_VERSIONS = Dialect(_ATTRIBUTES | _TAGS, frozenset({"name", "run_id"}))

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
      | (?P<text>'(?:[^']|'')*')
      | (?P<name>(?:[^\s'"`()<>=!,]|`[^`]*`|"[^"]*")+)
      | (?P<sign><=|>=|!=|=|<|>)
      | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)


class _Token(NamedTuple):
    kind: str
    text: str

    def says(self, *words: str) -> bool:
        return self.kind in ("name", "mark") and self.text.upper() in words


_END = _Token("end", "the end")


def parse_filter(text: str, dialect: Dialect) -> list[Comparison]:
    """The comparisons of a filter such as `metrics.rmse < 0.5 AND tags."a b" LIKE 'x%'`. Raises Invalid."""
    if len(text) > LONGEST:
        raise Invalid("filter", f"A filter has at most {LONGEST} characters.")
    if text and not text.strip():
        raise Invalid("filter", f"Invalid filter '{text}': there is nothing in it.")
    reader = _Reader(_tokens(text, "filter"), "filter", dialect)
    found: list[Comparison] = []
    while reader.has_more():
        if found:
            reader.expect("AND")
        found.append(reader.comparison())
        if len(found) > MOST_COMPARISONS:
            raise Invalid("filter", f"A filter has at most {MOST_COMPARISONS} comparisons.")
    return found


def parse_orders(texts: Sequence[str], dialect: Dialect) -> list[Order]:
    """The orders of a list such as `metrics.rmse DESC`, `name`. Raises Invalid."""
    return [_Reader(_tokens(text, "order_by"), "order_by", dialect).order() for text in texts]


def parse_name(text: str, dialect: Dialect, field: str) -> tuple[str, str]:
    """The entity and the key of a name such as ``params.`a b` ``. Raises Invalid."""
    prefix, dot, key = text.partition(".")
    if not dot:
        prefix, key = "", text
    entity = dialect.entities.get(_bare(prefix))
    if entity is None:
        raise Invalid(field, f"Invalid entity type '{prefix}': use one of {', '.join(filter(None, dialect.entities))}.")
    if not _bare(key):
        raise Invalid(field, f"Invalid name {text}: there is nothing after the dot.")
    return entity, _bare(key)


class _Reader:
    """Goes through the tokens once, from left to right."""

    def __init__(self, tokens: list[_Token], field: str, dialect: Dialect) -> None:
        self._tokens = tokens
        self._at = 0
        self._field = field
        self._dialect = dialect

    def has_more(self) -> bool:
        return self._at < len(self._tokens)

    def comparison(self) -> Comparison:
        entity, key = self._name()
        operator = self._operator()
        if operator.startswith("IS"):
            return Comparison(entity, key, operator, None)
        if operator.endswith("IN"):
            if not self._dialect.takes_list(entity, key):
                raise Invalid(self._field, f"Invalid {self._field}: {key} is not compared with a list.")
            return Comparison(entity, key, operator, self._list())
        return Comparison(entity, key, operator, self._value())

    def order(self) -> Order:
        entity, key = self._name()
        descending = self._peek().says("DESC")
        if self._peek().says("ASC", "DESC"):
            self._next()
        if self.has_more():
            raise self._wrong("ASC or DESC")
        return Order(entity, key, descending)

    def expect(self, word: str) -> None:
        if not self._next().says(word):
            self._at -= 1
            raise self._wrong(word)

    def _name(self) -> tuple[str, str]:
        if self._peek().kind != "name":
            raise self._wrong("a name such as metrics.accuracy")
        return parse_name(self._next().text, self._dialect, self._field)

    def _operator(self) -> str:
        token = self._next()
        if token.kind == "sign":
            return token.text
        if token.says("LIKE", "ILIKE", "IN"):
            return token.text.upper()
        if token.says("NOT"):
            self.expect("IN")
            return "NOT IN"
        if token.says("IS") and self._dialect.has_null:
            negated = self._peek().says("NOT")
            if negated:
                self._next()
            self.expect("NULL")
            return "IS NOT NULL" if negated else "IS NULL"
        self._at -= 1
        raise self._wrong("an operator such as = or LIKE")

    def _value(self) -> str | int | float:
        token = self._next()
        if token.kind == "number":
            return float(token.text) if set(token.text) & set(".eE") else int(token.text)
        if (text := _quoted(token)) is not None:
            return text
        self._at -= 1
        raise self._wrong("a number or a text in quotes")

    def _list(self) -> tuple[str, ...]:
        self.expect("(")
        texts: list[str] = []
        while True:
            text = _quoted(self._peek())
            if text is None:
                raise self._wrong("a text in quotes")
            self._next()
            texts.append(text)
            if not self._peek().says(","):
                self.expect(")")
                return tuple(texts)
            self._next()

    def _peek(self) -> _Token:
        return self._tokens[self._at] if self.has_more() else _END

    def _next(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _wrong(self, wanted: str) -> Invalid:
        return Invalid(self._field, f"Invalid {self._field}: expected {wanted}, found {self._peek().text}.")


def _tokens(text: str, field: str) -> list[_Token]:
    tokens, at, text = [], 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Invalid(field, f"Invalid {field}: cannot read it from “{text[at : at + 40].strip()}” on.")
        tokens.append(_Token(str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    return tokens


def _quoted(token: _Token) -> str | None:
    """The text of a token in single or double quotes, in which a doubled single quote stands for one."""
    if token.kind == "text":
        return token.text[1:-1].replace("''", "'")
    if token.kind == "name" and token.text[0] == token.text[-1] == '"' and len(token.text) > 1:
        return token.text[1:-1]
    return None


def _bare(name: str) -> str:
    """A name without the backticks or double quotes around it."""
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] and name[0] in '`"' else name
