"""Request parameters as a class of the caller's."""

from typing import Any

import pytest
from attrs import field, frozen

import trailsdk
from trailsdk.errors import StructureError


@frozen
class Tag:
    """A tag."""

    key: str
    value: str = ""


@frozen
class PutBucket:
    """What the tests ask for."""

    bucket_name: str = field(validator=lambda _, __, name: _check(name))
    object_lock: bool | None = None
    tags: list[Tag] = field(factory=list)
    acl: list[str] | None = field(default=None, metadata={"aws": "x-amz-acl"})
    size: float = 0.0


def _check(name: str) -> None:
    if name == "secret-bucket":
        raise ValueError(name)


def request(parameters: Any) -> PutBucket:
    return trailsdk.parse_record({"requestParameters": parameters}).request_as(PutBucket)


def test_names_and_nesting() -> None:
    """Snake case is AWS's camel case; metadata says other names; unknown parameters are ignored."""
    parameters = {"bucketName": "b", "x-amz-acl": ["private"], "tags": [{"key": "k"}], "size": 3, "unknown": 1}
    assert request(parameters) == PutBucket("b", tags=[Tag("k")], acl=["private"], size=3.0)


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({}, "it is missing @ requestParameters.bucket_name"),
        ({"bucketName": 5}, "expected str, got int @ requestParameters.bucket_name"),
        ({"bucketName": "b", "tags": [{"key": "k"}, {}]}, "it is missing @ requestParameters.tags[1].key"),
        ({"bucketName": "b", "objectLock": "true"}, "@ requestParameters.object_lock"),
        ({"bucketName": "b", "tags": 5}, "@ requestParameters.tags"),
        ({"bucketName": "secret-bucket"}, "@ requestParameters"),
        (None, "expected an object, got NoneType @ requestParameters"),
        ("secret", "expected an object, got str @ requestParameters"),
    ],
)
def test_what_does_not_fit(parameters: Any, problem: str) -> None:
    """The error tells each place, and no value."""
    with pytest.raises(StructureError) as caught:
        request(parameters)
    assert caught.value.class_name == "PutBucket"
    assert problem in str(caught.value)
    assert "secret" not in str(caught.value)
