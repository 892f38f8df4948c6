"""Reading only what is new: which files were consumed, kept from run to run."""

from trailsdk.sources.cursor.cursor import Cursor
from trailsdk.sources.cursor.document import CursorStore, Saved

__all__ = ["Cursor", "CursorStore", "Saved"]
