"""The literal beginnings of a server's rules, which rule out most unknown URLs without matching."""

from __future__ import annotations

from collections.abc import Iterable


class Prefilter:
    """The literal beginnings of a server's rules.

    :param rules: the rules' paths, decoded, such as ``/users/<int:user>``.
    :param variable: what a variable begins with in them.

    >>> Prefilter(["/login", "/users/<int:user>"], "<").rule_out("/wp-login.php")
    True
    """

    def __init__(self, rules: Iterable[str], variable: str) -> None:
        self._without_variables: set[str] = set()
        beginnings: set[str] = set()
        for rule in rules:
            literal, starts_variable, _ = rule.partition(variable)
            # A slash at the end makes no difference: there may be a redirect to the other form.
            (beginnings if starts_variable else self._without_variables).add(literal.rstrip("/"))
        self._beginnings = tuple(beginnings)

    def rule_out(self, path: str) -> bool:
        """Tell whether certainly no rule matches a path or redirects it.

        :param path: decoded, below the server's root.
        """
        # Some servers merge slashes first, and "$" in a rule's pattern also matches before a line break.
        if "//" in path or "\n" in path:
            return False
        return path.rstrip("/") not in self._without_variables and not path.startswith(self._beginnings)
