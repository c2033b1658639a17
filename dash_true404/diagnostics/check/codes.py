"""What ``check`` can find, one row for each kind: the documents and ``check --codes`` are made from this table."""

from __future__ import annotations

import re
from typing import NamedTuple

#: Seen, and wrong for every visitor: exit status 1.
FINDING = "finding"
#: May be meant, or cannot be told: exit status 0, unless ``--strict``.
NOTE = "note"

#: What kinds are about, by the first digit of their codes.
GROUPS = {
    "1": "Unknown URLs",
    "2": "Pages",
    "3": "exists",
    "4": "Layouts, links and files",
    "5": "Rules of the server",
    "6": "The log",
}

# Of each kind: its code and name, what it means, and what to do. Codes are stable: none is ever given to another kind.
# Those of notes end in 21 or more.
_TABLE = """
T101 soft 404
  An unknown URL gets Dash's index page with status 200, and only then the browser draws "not found" (other methods
  than GET get 200 or 405). Crawlers index such URLs, and monitors stay green.
  -> Call enable_true_404(app).
T102 soft 404 of the not-found page
  The own URL of pages/not_found_404.py isn't a page either, and is answered 200.
  -> Call enable_true_404(app).
T103 soft 404 for the icon
  Browsers and crawlers ask for /favicon.ico and get Dash's HTML with status 200.
  -> Serve an icon there with a route, or call enable_true_404(app) so that it is 404.
T104 soft 404 of the callback URL
  Dash's callbacks accept POST only, and GET of their URL gets the index page: a health check on it never fails.
  -> Call enable_true_404(app): GET is answered 405.
T105 wrong status of a missing file
  An asset or a component bundle that isn't there is answered with a status of success, or the server fails on it and
  fills the log with tracebacks.
  -> Call enable_true_404(app).
T106 soft 404 of a page that does not exist
  The page's own exists returned False for its URL, and the URL is answered 200.
  -> Call enable_true_404(app), which asks exists.
T111 404 handler without a status
  The answer to an unknown URL is not Dash's, and has a status of success. To crawlers and monitors it is a page.
  -> Most often an error handler for 404 returns no status: write `return page, 404` (on FastAPI: status_code=404).
T112 404 handler that fails
  The server answers 500 (or another 5xx) where it should say that there is nothing.
  -> Most often an error handler for Exception, or for 404, answers 500 or raises: let it return 404, or register one
  for 404 as well.
T113 404 that depends on request headers
  With If-None-Match or Range, the 404 becomes another status, such as 304 or 206: caches and crawlers never learn
  that the URL is gone.
  -> Have the 404 handler send its page without conditional=True.
T114 HEAD differs from GET
  HEAD is answered with another status than GET (RFC 9110 wants the same). Monitors and link checkers ask with HEAD.
  -> Look for a guard, middleware or error handler that depends on the method.
T115 405 without Allow
  An answer of 405 has no Allow header, which has to name the methods that the URL accepts (RFC 9110).
  -> Most often an error handler for 405 drops it: return the headers of the error too.
T116 unknown URLs change
  After the pages were drawn, an unknown URL is answered with another status than before.
  -> Look for a layout or callback that changes the app: it registers pages, or alters dash.page_registry.
T121 unknown URLs are redirected
  Search engines treat a redirect of every unknown URL as a soft 404.
  -> Answer 404, with a page that links to where visitors may go.
T122 404 that is cached for long
  The 404 may be cached for a day or longer (Cache-Control): a page that you add at such a URL stays missing for that
  long.
  -> Let 404s say no-cache.
T123 HEAD with another Content-Type
  On an unknown URL, HEAD has another Content-Type than GET.
  -> Look for a handler or middleware that depends on the method.
T124 every URL is a page
  A made-up URL is a page of this app, because a template such as /<name> matches every URL (a <name> matches slashes
  as well).
  -> Give that page exists=, or its URLs can never be 404.
T125 no home page
  The app's root URL is 404. Load balancers and uptime monitors often probe it.
  -> Register a page with path='/', or point them at a URL that is a page.

T201 page is refused
  A registered page is answered with an error status.
  -> Read the server's log, and ask `dash-true404 explain` about the URL.
T202 two pages with one path
  Two pages are registered with the same path. The first request to each process fails, and one page is never drawn.
  -> Give one of them another path.
T203 page hidden by a page
  Dash draws another page at the page's own URL: it comes first in the registry, and its path or template matches too.
  -> Register the more specific page first, with order=, or change one of the paths.
T204 page hidden by a rule
  A rule of the server matches the page's own URL before Dash does.
  -> Change the path of the rule or of the page.
T205 page that no browser can reach
  Browsers percent-encode URLs, and Dash compares the encoded form with the path as it was registered.
  -> Register the path as browsers send it; the message has it.
T206 page with the app's prefix twice
  The path of a page begins with the app's prefix, which Dash adds to it.
  -> Register the page without the prefix.
T207 invalid entry of the registry
  An entry of dash.page_registry isn't a page. Dash's own router fails when it reaches it.
  -> Keep such things elsewhere.
T208 redirect that leads nowhere
  A redirect_from does not lead to a page: old links and bookmarks are lost.
  -> Correct it, or redirect with a route of your own. Below a prefix it is a fault of Dash's (plotly/dash 3549).
T209 page that was lost
  A file of the pages folder was imported and calls register_page, and its page is not in dash.page_registry.
  -> Look for code that removes it or replaces it, such as a second page with the same module.
T221 template with special characters
  A path_template holds characters that Dash takes for a pattern, so it may match other URLs than it says.
  -> Register a template without them.
T222 file that is not imported
  A file of the pages folder was not imported, so what it registers isn't there.
  -> The message says why. If it is meant, leave it.
T223 template without exists
  A page with a path_template and without exists= is answered 200 for a value that was made up.
  -> Give it exists=, a function of its variables that returns False where nothing is.

T301 exists raises
  The exists of a page raised an exception, so its URL is taken for a page, with status 200.
  -> Let it return False for values that it does not know.
T302 exists returns no answer
  The exists of a page returned None (or something else that is no answer), so its URL is taken for a page.
  -> Return True or False on every path through the function.
T303 exists cannot be called
  exists is not a function, does not accept the variables of the page's path, or is async on a server that cannot wait
  for it.
  -> Give it a parameter for each variable of the path.
T304 exists is misspelt
  A page is registered with a keyword that is nearly exists=. Dash keeps it and never calls it.
  -> Write exists=.

T401 layout raises
  Dash could not draw a page: its layout function raised an exception. Visitors see an empty page.
  -> Correct the function; the message names the exception.
T402 title or description raises
  The title or description of a page is a function that raised an exception, so the page is answered 500.
  -> Correct the function; the message names the exception.
T411 dead link
  A link in a layout leads to a URL of this host that isn't found, or that is answered with an error.
  -> Correct the link, or provide the page. Where the server fails, correct what fails: the server's log names it.
T412 missing file
  An image, frame, media file or stylesheet in a layout isn't there, or can't be loaded.
  -> Correct the path (dash.get_asset_url() writes those of assets), or add the file.
T413 part of the app is missing
  A file that the app is made of, an asset or a component bundle, could not be loaded.
  -> Look for a proxy or another route in the way, or a wrong prefix.
T421 pages drawn alike
  Dash draws the same layout for several pages, which may be a log-in or an error that was drawn with status 200.
  -> If it is a log-in, check the app as a user: --login, --user or --header.
T422 link that leaves the app
  A link leads outside the app's prefix. Whether something is there, only the server in front of the app can tell.
  -> Check the live site: `dash-true404 check https://...`.
T423 log-out was not asked
  A URL that seems to log out was neither asked nor drawn: it would end the session of the check.
  -> Nothing, as a rule.
T424 dead link on an unknown page
  On a live site, a link that isn't found is in Dash's validation layout, and on no page that was read.
  -> If a page that nothing links to was not visited, check its URL too.

T501 rule that is never reached
  All URLs of a rule of the server are matched by Dash's own rules first.
  -> Register it before Dash(...) if it is one fixed path, or give it a beginning of its own.
T502 rule with a prefix twice
  The paths of a Blueprint or router begin with its prefix, which is added to them.
  -> Leave the prefix out of one of the two.
T521 Blueprint or router on no server
  A Blueprint or APIRouter of your own modules was made and is on no server.
  -> Register it, or leave it if it is meant.

T601 logged while it was checked
  dash-true404 logged a warning or an error while the app was checked.
  -> The message says what to do.
"""
_ROW = re.compile(r"^(T\d{3}) (.+)\n((?:  (?!-> ).+\n)+)  -> ((?:.+\n)(?:  .+\n)*)", re.MULTILINE)


class Code(NamedTuple):
    """One kind of finding or note."""

    code: str
    name: str
    meaning: str
    remedy: str

    @property
    def severity(self) -> str:
        """``finding`` or ``note``."""
        return NOTE if int(self.code[2:]) > 20 else FINDING

    @property
    def group(self) -> str:
        """What it is about, such as ``Pages``."""
        return GROUPS[self.code[1]]


def _unfold(text: str) -> str:
    return " ".join(text.split())


#: Each kind by its code, in the order of their numbers.
CODES = {
    code: Code(code, name, _unfold(meaning), _unfold(remedy)) for code, name, meaning, remedy in _ROW.findall(_TABLE)
}


def describe_codes(wanted: str | None = None) -> str:
    """Return what codes mean and what to do, for people.

    ::

        print(describe_codes("T101"))

    :param wanted: a code, of which all is said; None: all codes, with their names.
    :raises KeyError: if there is no such code.
    """
    if wanted is not None:
        code = CODES[wanted.upper()]
        return f"{code.code}: {code.name} ({code.severity})\n\n{code.meaning}\n\n{code.remedy}"
    parts = []
    for group in GROUPS.values():
        lines = [f"  {code.code}  {code.severity:<7}  {code.name}" for code in CODES.values() if code.group == group]
        parts.append("\n".join([group, *lines]))
    return "\n\n".join(parts)
