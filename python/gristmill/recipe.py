"""Settings: from keywords, a dict or a recipe file to what the engine reads.

Here they only get one shape, that of the command's flags: names, values and defaults are checked where the command's are, by
the engine's one table of settings.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Union

from . import _native
from .errors import UsageError


def _texts(value: Any) -> list[str]:
    """A value as flags have it: a list of texts."""
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, (str, os.PathLike)):
        return [os.fspath(value)]
    if isinstance(value, float) and value == int(value):
        return [str(int(value))]
    if isinstance(value, Iterable):
        return [text for each in value for text in _texts(each)]
    return [str(value)]


def _rows(table: Any) -> Any:
    """A table of `aggregates` as flags have it: a text for each row, in the table's order."""
    if not isinstance(table, Mapping):
        return table
    try:
        return [json.dumps({name: row}, ensure_ascii=False) for name, row in table.items()]
    except TypeError as error:
        raise UsageError(f"argument aggregates: {error}", "write rows of texts, as {'of': 'predictions', 'mean': 'score'}",
                         key="aggregates") from None


def _flattened(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        key = prefix + name
        if isinstance(value, Mapping) and key != "aggregates":
            yield from _flattened(value, key + ".")
        elif value is not None:
            yield key, value


class Recipe(Mapping):
    """Settings of a run, by the keys of docs/guide/settings.md.

    Parameters
    ----------
    settings : mapping, optional
        Nested (``{"limits": {"line": "1MiB"}}``) or with dotted keys (``{"limits.line": "1MiB"}``).
    **keywords
        The same for keys without a dot, and with ``__`` for the dot: ``threads=2``, ``limits__line="1MiB"``. They win
        over `settings`.

    Notes
    -----
    Values are texts as a user writes them (``"64MiB"``, ``"5%"``), numbers, booleans, paths, or lists of these. A check may
    be given its severity alone: ``checks={"range": "ignore"}``. ``aggregates`` is a dict as in a recipe file,
    ``{"mean_tap_score": {"of": "predictions", "mean": "score", "models": ["tap_model"]}}``; columns come in its order. What
    is wrong with a value is told when a recipe is used.

    Examples
    --------
    >>> recipe = Recipe(threads=2, checks={"range": "ignore", "rejected_lines": {"fail_above": "1%"}})
    >>> recipe["checks.range.severity"]
    'ignore'
    >>> sorted(recipe)
    ['checks.range.severity', 'checks.rejected_lines.fail_above', 'threads']
    >>> Recipe(recipe, threads=1)["threads"]
    1
    """

    def __init__(self, settings: Mapping[str, Any] | None = None, **keywords: Any):
        self._file: str | None = settings._file if isinstance(settings, Recipe) else None
        self._values: dict[str, Any] = {}
        spelled = {name.replace("__", "."): value for name, value in keywords.items()}
        for key, value in [*_flattened(settings or {}), *_flattened(spelled)]:
            if key.startswith("checks.") and key.count(".") == 1:
                key += ".severity"
            self._values[key] = value

    @classmethod
    def from_yaml(cls, path: str | os.PathLike[str], **keywords: Any) -> Recipe:
        """Settings of a recipe file.

        Parameters
        ----------
        path
            Local or ``s3://``; read when the recipe is used.
        **keywords
            As of `Recipe`; they win over the file.

        Returns
        -------
        Recipe
        """
        recipe = cls(**keywords)
        recipe._file = os.fspath(path)
        return recipe

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        parts = [f"from {self._file!r}"] if self._file else []
        return f"<Recipe {', '.join([*parts, *(f'{key}={value!r}' for key, value in self._values.items())])}>"

    def as_flags(self) -> list[_native.FlagValue]:
        """Give the settings to the engine, as the command's flags would."""
        given = {"recipe": self._file, **self._values} if self._file else self._values
        return [_native.FlagValue(key, _texts(_rows(value) if key == "aggregates" else value)) for key, value in given.items()]


RecipeLike = Union[Recipe, Mapping[str, Any], str, os.PathLike, None]


def as_recipe(recipe: RecipeLike, keywords: Mapping[str, Any]) -> Recipe:
    """Whatever a caller calls a recipe; `keywords` win over it."""
    if isinstance(recipe, (str, os.PathLike)):
        return Recipe.from_yaml(recipe, **keywords)
    return Recipe(recipe, **keywords)
