"""What a chat template may use, by exact name: the filters, tests, functions and methods that real templates need."""

FILTERS = frozenset({
    "abs", "batch", "bool", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float",
    "format", "groupby", "indent", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min",
    "reject", "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr", "slice", "sort", "string",
    "striptags", "sum", "title", "tojson", "trim", "unique", "upper", "wordcount",
})  # fmt: skip
# Filters that give numbers, and filters that hand on what they were given.
NUMBERS = frozenset({"abs", "bool", "count", "float", "int", "length", "round", "sum", "wordcount"})
PASSING = frozenset({
    "batch", "d", "default", "dictsort", "first", "groupby", "items", "last", "list", "max", "min", "reject",
    "rejectattr", "reverse", "select", "selectattr", "slice", "sort", "unique",
})  # fmt: skip
# Filters that take the name of an attribute, and at which place when it is not given as `attribute`.
BY_ATTRIBUTE = {
    "attr": 0, "groupby": 0, "join": 1, "map": 99, "max": 1, "min": 1, "rejectattr": 0, "selectattr": 0, "sort": 2,
    "sum": 0, "unique": 1,
}  # fmt: skip
# Filters that `map` may be told to use; those that take attributes or filters themselves are not among them.
MAPPED = FILTERS - {*BY_ATTRIBUTE, "select", "reject", "format"} | {"join"}
# Filters that are told which test to use, and at which place.
BY_TEST = {"reject": 0, "rejectattr": 1, "select": 0, "selectattr": 1}
TESTS = frozenset({
    "!=", "<", "<=", "==", ">", ">=", "boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float",
    "ge", "greaterthan", "gt", "in", "integer", "iterable", "le", "lessthan", "lower", "lt", "mapping", "ne", "none",
    "number", "odd", "sameas", "sequence", "string", "true", "undefined", "upper",
})  # fmt: skip
FUNCTIONS = frozenset({"dict", "namespace", "raise_exception", "range", "strftime_now"})
METHODS = frozenset({
    "append", "capitalize", "count", "endswith", "find", "get", "index", "isalnum", "isalpha", "isdigit", "isnumeric",
    "isspace", "items", "join", "keys", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace",
    "rfind", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper", "values",
    "cycle", "changed",
})  # fmt: skip
# Methods whose answer is a number, or something that the data held already.
PLAIN_METHODS = frozenset({
    "count", "endswith", "find", "get", "index", "isalnum", "isalpha", "isdigit", "isnumeric", "isspace", "items",
    "keys", "rfind", "startswith", "values",
})  # fmt: skip
# Objects that web frameworks and Jinja itself put into a template's reach.
FOREIGN_NAMES = frozenset({
    "application", "config", "cycler", "environment", "g", "get_flashed_messages", "joiner", "lipsum", "request",
    "self", "session", "super", "url_for",
})  # fmt: skip
# Attributes without underscores at the front that lead from a value to the interpreter.
INNER_ATTRIBUTES = frozenset({
    "ag_code", "ag_frame", "co_code", "cr_code", "cr_frame", "f_back", "f_builtins", "f_code", "f_globals", "f_locals",
    "func_closure", "func_code", "func_defaults", "func_dict", "func_globals", "gi_code", "gi_frame", "im_class",
    "im_func", "im_self", "mro", "tb_frame", "tb_next",
})  # fmt: skip
