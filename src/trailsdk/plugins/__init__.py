"""Hooks, and who implements them. Write `from trailsdk.plugins import hookimpl, Stage` in a plugin."""

from trailsdk.model.keys import parse_key
from trailsdk.plugins.hookspecs import GROUP, HOOKS, hookimpl
from trailsdk.plugins.manager import BrokenPlugin, Manager, PluginInfo, make_manager
from trailsdk.plugins.parts import Content, Decoder, IntegrityCheck, Observer, OpenSource, Sink, Stage
from trailsdk.select.selection import Selection
from trailsdk.sources.base import Blob, Source, SourcePlan, Stats
from trailsdk.sources.store import StoredObject

__all__ = [
    "GROUP",
    "HOOKS",
    "Blob",
    "BrokenPlugin",
    "Content",
    "Decoder",
    "IntegrityCheck",
    "Manager",
    "Observer",
    "OpenSource",
    "PluginInfo",
    "Selection",
    "Sink",
    "Source",
    "SourcePlan",
    "Stage",
    "Stats",
    "StoredObject",
    "hookimpl",
    "make_manager",
    "parse_key",
]
