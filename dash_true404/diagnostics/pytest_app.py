"""The app that pytest is told of, on its command line or in a configuration."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import dash
import pytest

from ..dash_internals import state as page_state
from .load import LoadError, load_apps
from .settings import Settings, SettingsError, read_settings

# Once for each name: each call of a factory would make another app.
_LOADED = pytest.StashKey["dict[str, LoadedApp]"]()
_SETTINGS = pytest.StashKey[Settings]()


class AppError(Exception):
    """There is no app to be tested; its text is for the person who runs the tests."""


class LoadedApp:
    """An app that was named to pytest, or several, with Dash's page state as it was left by them.

    :param name: as :func:`~dash_true404.diagnostics.load.load_apps` takes it.
    :param folder: where it is found from.
    """

    def __init__(self, name: str, folder: str) -> None:
        self._name = name
        self.apps = load_apps(name, folder)
        self._state = page_state.saved()

    @property
    def app(self) -> dash.Dash:
        """The app, if it is one.

        :raises AppError: if there are several.
        """
        if len(self.apps) > 1:
            where = ", ".join(found.prefix for found in self.apps)
            raise AppError(f"{self._name!r} has {len(self.apps)} Dash apps, at {where}. Name one of them.")
        return self.apps[0].app

    @contextmanager
    def restore_pages(self) -> Iterator[None]:
        """Let Dash know the app's pages, and those alone, whatever tests have made of the registry."""
        before = page_state.saved()
        page_state.restore(self._state)
        try:
            yield
        finally:
            self._state = page_state.saved()
            page_state.restore(before)


def load_app_of_option(config: pytest.Config) -> LoadedApp:
    """Return the app of ``--dash-pages``, found from the current folder, or that of ``--dash-pages-from-config``.

    :raises AppError: if there is none.
    """
    name = config.getoption("dash_pages")
    if name is not None:
        return _load(config, name, "--dash-pages", str(config.invocation_params.dir))
    return load_configured_app(config)


def load_configured_app(config: pytest.Config, otherwise: str = "") -> LoadedApp:
    """Return the app of pytest's configuration, or of ``[tool.dash-true404]``, found from pytest's rootdir.

    :param config: pytest's.
    :param otherwise: how else the app can be given there, for the message if there is none.
    :raises AppError: if there is none.
    """
    name = config.getini("dash_app")
    if name:
        return _load(config, name, "dash_app")
    settings = settings_of(config)
    if settings.app:
        return _load(config, settings.app, "app in [tool.dash-true404]", settings.folder)
    raise AppError(
        f"Which app? Name it in pytest's configuration: dash_app = module:app{otherwise}. {settings.fault}".rstrip()
    )


def settings_of(config: pytest.Config) -> Settings:
    """Return the settings of ``[tool.dash-true404]``, for whoever asks an app.

    :raises AppError: if they cannot be used.
    """
    try:
        if _SETTINGS not in config.stash:
            config.stash[_SETTINGS] = read_settings(config.rootpath)
        return config.stash[_SETTINGS]
    except SettingsError as error:
        raise AppError(str(error)) from None


def _load(config: pytest.Config, name: str, source: str, folder: str | None = None) -> LoadedApp:
    loaded = config.stash.setdefault(_LOADED, {})
    if name not in loaded:
        root = str(config.rootpath)
        for place in dict.fromkeys((root, folder or root)):
            _put_on_path(config, place)
        try:
            loaded[name] = LoadedApp(name, folder or root)
        except LoadError as error:
            raise AppError(f"{source}: {error}") from None
    return loaded[name]


def _put_on_path(config: pytest.Config, folder: str) -> None:
    """Let modules be found in a folder, and before that where pytest's ``pythonpath`` says."""
    if folder not in sys.path:
        heeded = [sys.path.index(str(place)) for place in config.getini("pythonpath") if str(place) in sys.path]
        sys.path.insert(max(heeded, default=-1) + 1, folder)
