"""The manager: which plugins there are, and one typed function for each hook."""

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pluggy
from attrs import frozen

from trailsdk.errors import PluginConflictError, PluginError, PluginWarning
from trailsdk.plugins import builtin, hookspecs
from trailsdk.plugins.hookspecs import GROUP, HOOKS
from trailsdk.plugins.parts import Decoder, IntegrityCheck, Observer, OpenSource, Sink, Stage

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["OFF", "BrokenPlugin", "Manager", "Named", "PluginInfo", "make_manager", "manager_with"]

OFF = "TRAILSDK_PLUGINS_OFF"
"""Environment variable: names of entry points to leave out, separated by commas, or `*` for all."""

T = TypeVar("T")


@frozen
class Named(Generic[T]):
    """What a plugin gave, with its name."""

    plugin: str
    given: T


@frozen
class BrokenPlugin:
    """A plugin that could not be loaded."""

    name: str
    distribution: str | None
    reason: str


@frozen
class PluginInfo:
    """A plugin that is there, and what it offers."""

    name: str
    version: str | None
    """Version of its distribution; `None` for one that was handed in."""
    distribution: str | None
    hooks: tuple[str, ...]
    offers: Mapping[str, tuple[str, ...]]
    """By hook, the names of what it gives."""


class Manager:
    """Plugins, checked; made by `make_manager`."""

    def __init__(self) -> None:
        self._pluggy = pluggy.PluginManager(GROUP)
        self._pluggy.add_hookspecs(hookspecs)
        self._entry_points: dict[str, EntryPoint] = {}
        self._instances: set[str] = set()
        self._broken: list[BrokenPlugin] = []

    @property
    def broken(self) -> Sequence[BrokenPlugin]:
        """Entry points that could not be loaded, with the reason."""
        return tuple(self._broken)

    def register(self, plugin: object, name: str | None = None) -> str:
        """Add a plugin: a module, or an object with marked functions.

        Returns:
            Its name.

        Raises:
            PluginError: It implements no hook, or a hook that does not exist, or with other arguments; a function
                is named like a hook but not marked; it is there already.
        """
        name = name or _name_of(plugin)
        self._check_marks(plugin, name)
        try:
            registered = self._pluggy.register(plugin, name)
            self._pluggy.check_pending()
        except pluggy.PluginValidationError as error:
            self._forget(plugin)
            raise PluginError(name, _hook_in(str(error)), _one_line(str(error))) from error
        except ValueError as error:
            reason = "a plugin of this name, or this very one, is there; is it installed? See `trailsdk plugins`"
            raise PluginError(name, "registration", reason) from error
        if registered is None or not self._pluggy.get_hookcallers(plugin):
            self._forget(plugin)
            raise PluginError(name, "registration", f"it implements none of {', '.join(HOOKS)}")
        self._instances.add(name)
        return name

    def _forget(self, plugin: object) -> None:
        if self._pluggy.is_registered(plugin):
            self._pluggy.unregister(plugin)

    def _check_marks(self, plugin: object, name: str) -> None:
        for each in dir(plugin):
            if not each.startswith(f"{GROUP}_"):
                continue
            function = getattr(plugin, each, None)
            if callable(function) and not hasattr(function, f"{GROUP}_impl") and not hasattr(function, f"{GROUP}_spec"):
                raise PluginError(
                    name, each, "it is not marked with @trailsdk.plugins.hookimpl, so nobody would call it"
                )

    def load(self, entry_point: "EntryPoint") -> None:
        """Add the plugin of an entry point; one that fails is kept in `broken`, and a warning tells it."""
        distribution = entry_point.dist.name if entry_point.dist is not None else None
        try:
            self.register(entry_point.load(), entry_point.name)
        except Exception as error:  # noqa: BLE001 (a plugin may fail in any way, and must not take the others along)
            reason = str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
            self._broken.append(BrokenPlugin(entry_point.name, distribution, reason))
            warnings.warn(f"plugin {entry_point.name} is left out: {reason}", PluginWarning, stacklevel=2)
        else:
            self._instances.discard(entry_point.name)
            self._entry_points[entry_point.name] = entry_point

    def sources(self) -> "Offers[OpenSource]":
        """Ask for sources by scheme. Schemes that two plugins offer give an error when they are looked up."""
        offers: list[tuple[str, Named[OpenSource]]] = []
        for plugin, given in self._ask("trailsdk_sources", Mapping):
            for scheme, open_source in given.items():
                if not isinstance(scheme, str) or not callable(open_source):
                    raise PluginError(plugin, "trailsdk_sources", "it gives something else than functions by scheme")
                offers.append((scheme, Named(plugin, open_source)))
        return Offers(offers, "trailsdk_sources", "the scheme")

    def decoders(self) -> Sequence[Named[Decoder]]:
        """Ask for decoders, in the order of the plugins' names."""
        return self._values("trailsdk_decoders", Decoder)

    def stages(self) -> Sequence[Named[Stage]]:
        """Ask for stages, in the order of the plugins' names."""
        return self._values("trailsdk_stages", Stage)

    def observers(self) -> Sequence[Named[Observer]]:
        """Ask for observers, in the order of the plugins' names."""
        return self._values("trailsdk_observers", Observer)

    def checks(self) -> Sequence[Named[IntegrityCheck]]:
        """Ask for checks, in the order of the plugins' names."""
        return self._values("trailsdk_checks", IntegrityCheck)

    def sinks(self) -> "Sinks":
        """Ask for sinks, to be found by name or by ending."""
        given = self._values("trailsdk_sinks", Sink)
        by_name = Offers([(each.given.name, each) for each in given], "trailsdk_sinks", "the format")
        by_ending = Offers(
            [(ending, each) for each in given for ending in each.given.endings],
            "trailsdk_sinks",
            "the ending",
        )
        return Sinks(by_name, by_ending)

    def _values(self, hook: str, kind: type[T]) -> list[Named[T]]:
        found: list[Named[T]] = []
        for plugin, given in self._ask(hook, Iterable):
            for value in given:
                if not isinstance(value, kind):
                    raise PluginError(plugin, hook, f"it gives a {type(value).__name__}, expected a {kind.__name__}")
                found.append(Named(plugin, value))
        return found

    def _ask(self, hook: str, kind: Any) -> list[tuple[str, Any]]:
        """Call a hook's implementations one by one, so that each answer and each fault has a name."""
        caller = getattr(self._pluggy.hook, hook)
        answers = []
        for implementation in sorted(caller.get_hookimpls(), key=lambda each: _rank(each.plugin_name)):
            plugin = implementation.plugin_name
            try:
                given = implementation.function()
                if not isinstance(given, kind) or isinstance(given, (str, bytes)):
                    raise PluginError(plugin, hook, f"it gives a {type(given).__name__}")  # noqa: TRY301 (said below)
                # A hook may be a generator, and fail in its middle.
                answers.append((plugin, given if kind is Mapping else list(given)))
            except PluginError:
                raise
            except Exception as error:
                raise PluginError(plugin, hook, f"{type(error).__name__}: {error}") from error
        return answers

    def check_instances(self) -> None:
        """Refuse two plugins that were handed in and offer the same scheme, format or ending: at once.

        Raises:
            PluginConflictError: It names both.
        """
        handed_in = self._instances - {BUILTIN}
        sinks = self.sinks()
        for offers in (self.sources(), sinks.by_name, sinks.by_ending):
            offers.check(handed_in)

    def plugins(self) -> list[PluginInfo]:
        """List the plugins that are there, in the order of their names, and what each offers."""
        infos = []
        for name, plugin in sorted(self._pluggy.list_name_plugin(), key=lambda pair: _rank(pair[0])):
            if plugin is None:
                continue
            entry_point = self._entry_points.get(name)
            dist = entry_point.dist if entry_point is not None else None
            hooks = tuple(caller.name for caller in self._pluggy.get_hookcallers(plugin) or ())
            infos.append(
                PluginInfo(
                    name,
                    dist.version if dist is not None else None,
                    dist.name if dist is not None else None,
                    hooks,
                    {hook: self._offers_of(name, hook) for hook in hooks},
                ),
            )
        return infos

    def _offers_of(self, plugin: str, hook: str) -> tuple[str, ...]:
        try:
            given = [each for name, each in self._ask(hook, Iterable) if name == plugin]
        except PluginError as error:
            return (f"broken: {error.reason}",) if error.plugin == plugin else ()
        return tuple(_label(value) for each in given for value in each)


def _label(value: object) -> str:
    return value if isinstance(value, str) else str(getattr(value, "name", type(value).__name__.lower()))


class Offers(Mapping[str, Named[T]]):
    """Offers by key; a key that two plugins offer is an error when it is looked up."""

    def __init__(self, offers: list[tuple[str, Named[T]]], hook: str, what: str) -> None:
        self._hook, self._what = hook, what
        self._offers: dict[str, list[Named[T]]] = {}
        for key, offer in offers:
            self._offers.setdefault(key, []).append(offer)

    def __getitem__(self, key: str) -> Named[T]:
        found = self._offers[key]
        if len(found) > 1:
            raise PluginConflictError(found[0].plugin, self._hook, f"{self._what} {key}", found[1].plugin)
        return found[0]

    def __iter__(self) -> Any:
        return iter(self._offers)

    def __len__(self) -> int:
        return len(self._offers)

    def check(self, plugins: set[str]) -> None:
        """Refuse keys that two of these plugins offer."""
        for key, found in self._offers.items():
            if len(found) > 1 and all(each.plugin in plugins for each in found[:2]):
                self[key]


@frozen
class Sinks:
    """Sinks, by name and by the ending of a destination."""

    by_name: Offers[Sink]
    by_ending: Offers[Sink]


BUILTIN = "trailsdk"
"""Name of the plugin that holds trailsdk's own parts."""


def _name_of(plugin: object) -> str:
    """Take the name that a plugin gives itself, a module's, or its class's."""
    for attribute in ("name", "__name__"):
        name = getattr(plugin, attribute, None)
        if isinstance(name, str) and name:
            return name
    return type(plugin).__name__


def _rank(name: str) -> tuple[bool, str]:
    """Order plugins by name, trailsdk's own first: the order of loading never decides."""
    return name != BUILTIN, name


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _hook_in(message: str) -> str:
    """Find the hook that pluggy's message speaks of."""
    words = message.replace("'", " ").replace("(", " ").split()
    return next((word for word in words if word.startswith(f"{GROUP}_")), "registration")


@lru_cache(maxsize=1)
def _installed() -> "tuple[EntryPoint, ...]":
    """Find the entry points of this environment. Looking through all distributions takes milliseconds: once."""
    from importlib.metadata import entry_points

    return tuple(sorted(entry_points(group=GROUP), key=lambda each: each.name))


def make_manager(plugins: Iterable[object] = (), *, load_entry_points: bool = True) -> Manager:
    """Make a manager of trailsdk's own parts, of the plugins that are installed, and of those handed in.

    Nothing is kept between two calls but the list of installed entry points.

    Args:
        plugins: Modules or objects with marked functions.
        load_entry_points: Also load what other packages offer; those named in `TRAILSDK_PLUGINS_OFF` are left out.

    Raises:
        PluginError: One of `plugins` is wrong. An installed one that is wrong is left out, with a warning.
    """
    manager = Manager()
    manager.register(builtin, BUILTIN)
    off = {name.strip() for name in os.environ.get(OFF, "").split(",")}
    if load_entry_points and "*" not in off:
        for entry_point in _installed():
            if entry_point.name not in off:
                manager.load(entry_point)
    handed_in = list(plugins)
    for plugin in handed_in:
        manager.register(plugin)
    if len(handed_in) > 1:
        manager.check_instances()
    return manager


def manager_with(plugins: Iterable[object]) -> Manager:
    """Make a manager for one call; calls that add nothing share one: hooks are asked each time, whoever manages them.

    Args:
        plugins: As in `make_manager`.

    Raises:
        PluginError: As `make_manager`.
    """
    handed_in = tuple(plugins)
    return make_manager(handed_in) if handed_in else _installed_plugins(os.environ.get(OFF, ""))


@lru_cache(maxsize=4)
def _installed_plugins(off: str) -> Manager:  # noqa: ARG001 (another manager for another setting)
    return make_manager()
