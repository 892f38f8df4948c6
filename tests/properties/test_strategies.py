"""The strategies themselves: they are public, and others build on them."""

import subprocess
import sys
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

import trailsdk
from trailsdk import Record, UserIdentity, _json, parse_record, testing
from trailsdk.codec.records import decode_record
from trailsdk.model._fields import Part
from trailsdk.model.digest import Digest
from trailsdk.select.category import CATEGORIES, categories_of
from trailsdk.testing import (
    LogFile,
    log_files,
    odd_documents,
    record_documents,
    records,
    unknown_names,
    user_identities,
)
from trailsdk.testing.strategies import parts_of, register
from trailsdk.testing.strategies.files import FORMS
from trailsdk.testing.strategies.values import aws_names

register()


ENOUGH = settings(
    max_examples=5000,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def drawn(
    strategy: st.SearchStrategy[Any], look: Callable[[Any], object], expected: AbstractSet[object]
) -> set[object]:
    """Draw examples until everything that is expected has been seen, and give what was."""
    seen: set[object] = set()

    def is_enough(example: Any) -> bool:
        seen.add(look(example))
        return seen >= expected

    find(strategy, is_enough, settings=ENOUGH)
    return seen


class TestStrategies:
    """What is drawn.

    > Strategies are public (`trailsdk.testing`).

    -- trailsdk, style, property tests
    """

    @given(record_documents())
    def test_documents_are_as_documented(self, document: dict[str, Any]) -> None:
        """Every field of a document is of its documented type."""
        decode_record(_json.encode(document), strict=True)

    @pytest.mark.parametrize("category", CATEGORIES)
    @given(st.data())
    def test_categories(self, category: str, data: st.DataObject) -> None:
        """A document of a category is read as one, also where it does not say so."""
        record = data.draw(records(category))
        assert record.event_category in (category, None)
        assert category in categories_of(record, None)
        assert record.raw is not None

    def test_there_is_no_other_category(self) -> None:
        """A category that does not exist is an error of the caller."""
        with pytest.raises(KeyError):
            record_documents("Other")

    @given(unknown_names())
    def test_unknown_names(self, name: str) -> None:
        """An unknown name is unknown to records and to every part."""
        assert name not in aws_names()

    def test_every_version_is_drawn(self) -> None:
        """Documents of every version there was come up."""
        expected = {"1.0", *(f"1.{minor:02}" for minor in range(1, 12))}
        assert drawn(record_documents(), lambda document: document["eventVersion"], expected) == expected

    def test_every_form_is_drawn(self) -> None:
        """Files of every form come up, compressed or not."""
        expected = {(form, packed) for form in FORMS for packed in (False, True)}
        assert drawn(log_files(st.builds(dict)), lambda file: (file.form, file.packed), expected) == expected

    def test_every_kind_of_actor_is_drawn(self) -> None:
        """Identities of every kind come up."""
        kinds = set(trailsdk.ActorKind)
        assert drawn(user_identities(), lambda found: parse_record({"userIdentity": found}).actor.kind, kinds) == kinds

    def test_every_outcome_is_drawn(self) -> None:
        """Records with every outcome come up, and with fields that were left out for size."""
        outcomes = {*trailsdk.Outcome, None}
        assert drawn(records(), lambda record: record.outcome, outcomes) == outcomes
        assert drawn(records(), lambda record: bool(record.omitted_fields), {True, False})

    def test_unknown_fields_are_drawn(self) -> None:
        """Odd documents come up with and without values that no attribute holds."""
        assert drawn(odd_documents(), lambda document: bool(parse_record(document).extra), {True, False})

    @given(st.lists(record_documents(), min_size=2, max_size=2), log_files())
    def test_documents_share_nothing(self, documents: list[dict[str, Any]], file: LogFile) -> None:
        """A test may change a document without changing another one."""
        assert all(one is not other for one in parts_within(documents[0]) for other in parts_within(documents[1]))
        assert isinstance(file.data, bytes)


def parts_within(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value, *(part for member in value.values() for part in parts_within(member))]
    if isinstance(value, list):
        return [value, *(part for member in value for part in parts_within(member))]
    return []


class TestTypes:
    """`from_type`.

    > attrs for the model, ... so that editors, `attrs.fields` and Hypothesis see them.

    -- trailsdk, design, decision 1
    """

    @given(st.from_type(Record), st.from_type(UserIdentity))
    def test_the_main_ones(self, record: Record, identity: UserIdentity) -> None:
        """Hypothesis makes records and identities from their types."""
        assert isinstance(record, Record)
        assert attrs.evolve(record, user_identity=identity).user_identity == identity

    @pytest.mark.parametrize("cls", [*parts_of(Record), Digest, *parts_of(Digest)], ids=lambda cls: cls.__name__)
    @settings(max_examples=20)
    @given(st.data())
    def test_every_part(self, cls: type[Part], data: st.DataObject) -> None:
        """It makes every part, of its own class."""
        assert type(data.draw(st.from_type(cls))) is cls

    def test_they_are_known_without_a_call(self) -> None:
        """Where the package is installed, Hypothesis knows the classes by itself."""
        program = (
            "from hypothesis import find, strategies as st\n"
            "import trailsdk\n"
            "from trailsdk.model.times import EventVersion\n"
            "for cls in (trailsdk.Record, trailsdk.UserIdentity, trailsdk.Resource, EventVersion):\n"
            "    print(type(find(st.from_type(cls), lambda _: True)).__name__)\n"
            "find(st.from_type(trailsdk.Record), lambda record: record.raw is not None)\n"
            "find(st.from_type(trailsdk.UserIdentity), lambda identity: bool(identity.session_context))\n"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert (done.stdout.split(), done.stderr) == (["Record", "UserIdentity", "Resource", "EventVersion"], "")


class TestImports:
    """Imports.

    > Extras: `cli` (click, rich), `obstore`, `testing` (hypothesis).

    -- trailsdk, design, decision 8
    """

    def test_all_names_are_there(self) -> None:
        """What the package promises it has, and it lists it."""
        assert all(callable(getattr(testing, name)) for name in testing.__all__)
        assert set(testing.__all__) <= set(dir(testing))
        with pytest.raises(AttributeError, match="no_such_strategy"):
            getattr(testing, "no_such_strategy")  # noqa: B009 (mypy knows that it is not there)

    def test_it_works_without_hypothesis(self) -> None:
        """The package can be imported without Hypothesis; who asks for a strategy is told what to install."""
        program = (
            "import sys\n"
            "sys.modules['hypothesis'] = None\n"
            "import trailsdk.testing\n"
            "try:\n"
            "    from trailsdk.testing import records\n"
            "except ImportError as error:\n"
            "    print(error)\n"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert "install trailsdk[testing]" in done.stdout
        assert not done.stderr
