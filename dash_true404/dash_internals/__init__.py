"""All that is assumed of Dash beyond its public API, each assumption with a check and a test.

Tried when ``enable_true_404()`` is called (``assumptions``), an error if it doesn't hold:

- The router draws what ``_path_to_page`` finds for what ``strip_relative_path`` returns, the first match in registry
  order, templates as ``PathTemplate`` matches them: so the server knows which URLs are pages.
- ``strip_relative_path`` removes the prefix and the slashes at both ends: so the server can do the same.
- An app has its index route under its prefix, rule and name alike: there it is found on the server.
- On Flask and Quart the catch-all's rule and endpoint are prefix + ``<path:path>``: there unknown URLs are refused.
- On FastAPI the index route is called with the request alone and awaited, and the index page finds the request that
  ``set_current_request`` was called with: so a route of ours can draw pages in the place of Dash's.

Tried then too, a warning if it doesn't hold, and that part off:

- The router calls ``_path_to_page`` where it can be replaced: for ``exists`` in navigation, and dead links.
- It draws into ``_pages_content``, and ``_pages_dummy`` is there: for the reload of dead links.
- ``app._use_async`` tells whether it awaits what it draws: for an async ``exists`` in navigation.

Tried at the first request that needs it, a logged error if it doesn't hold, and unknown URLs are refused all the same:

- On FastAPI the catch-all is an ``APIRoute`` of Dash's own code, its path one parameter (``routes``).
- The index page has ``_dash-config`` in it: for telling it from a guard's own answer (``index_page``).

Only in tests/dash_internals/, because nothing goes wrong for visitors if it doesn't hold:

- Dash's functions are plain functions with code from its own folder (``own_code``); others are taken for the user's.
- The hooks before a request do all their work at the first one (``first_request``); one that waits is run by Flask.
- What all apps of a process share (``state``), for the fixtures of the pytest plugin; missing names are an error there.
- The index page asks ``_path_to_page`` too, and names the URL in one meta tag: for the meta tags of a 404.
"""
