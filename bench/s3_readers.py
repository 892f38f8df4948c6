"""Who reads a bucket: the plain loop, bare clients, and trailsdk; and what that took."""

import gzip
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

from attrs import field, frozen

import trailsdk
from bench.server_process import Server, make_session
from trailsdk import S3
from trailsdk.sources.s3.store import make_client

__all__ = ["CLIENTS", "WINDOW", "Reader", "Took", "bare", "locally", "open_source", "plain", "take_turns", "through_s3"]

CLIENTS = ("boto3", "obstore") if find_spec("obstore") else ("boto3",)
"""What bodies come through."""

WINDOW = 64
"""Objects at once; trailsdk's default."""


@frozen
class Took:
    """What a reader needed for one object, in seconds, round by round."""

    walls: list[float] = field(factory=list)
    cpus: list[float] = field(factory=list)
    """Of a processor, in this process: user and system, all threads."""
    servers: list[float] = field(factory=list)
    """Of a processor, in the server's process."""

    @property
    def wall(self) -> float:
        """The median of the time that passed."""
        return median(self.walls)

    @property
    def cpu(self) -> float:
        """The median of our processor's time."""
        return median(self.cpus)

    @property
    def server(self) -> float:
        """The median of the server's processor's time."""
        return median(self.servers)


Reader: TypeAlias = Callable[[], Callable[[], int]]
"""Makes ready what is not measured, such as clients, and gives what is: it tells how many objects it read."""


def take_turns(server: Server, readers: Mapping[str, Reader], rounds: int) -> dict[str, Took]:
    """Let readers work in turns, so that whatever else the machine does meets all of them alike."""
    took = {name: Took() for name in readers}
    for _ in range(rounds):
        for name, reader in readers.items():
            work = reader()
            server_start, cpu_start, wall_start = server.cpu(), time.process_time(), time.perf_counter()
            number = work()
            wall, cpu = time.perf_counter() - wall_start, time.process_time() - cpu_start
            took[name].walls.append(wall / number)
            took[name].cpus.append(cpu / number)
            took[name].servers.append((server.cpu() - server_start) / number)
    return took


def plain(server: Server, bucket: str) -> Callable[[], int]:
    """Read as everybody begins: list, and get, gunzip and parse one object after the other."""
    client = make_session().client("s3", endpoint_url=server.url)

    def work() -> int:
        keys = _keys(client, bucket)
        for key in keys:
            data = client.get_object(Bucket=bucket, Key=key)["Body"].read()
            for record in json.loads(gzip.decompress(data))["Records"]:
                record["eventName"]
                record.get("errorCode")
        return len(keys)

    return work


def bare(server: Server, bucket: str, client: str) -> Callable[[], int]:
    """List, and get all objects in threads, and do nothing with them: what the client alone costs."""
    lister = make_client(make_session(), server.url)
    get = partial(_get_boto3, lister, bucket) if client == "boto3" else partial(_get_obstore, _store(server, bucket))

    def work() -> int:
        keys = _keys(lister, bucket)
        with ThreadPoolExecutor(WINDOW) as pool:
            assert all(pool.map(get, keys))
        return len(keys)

    return work


def through_s3(server: Server, bucket: str, client: str) -> Callable[[], int]:
    """Read a bucket with trailsdk; its client is made before."""
    source = open_source(server, bucket, client)

    def work() -> int:
        with closing(source):
            return _read(source)

    return work


def locally(folder: Path) -> Callable[[], int]:
    """Read the same files from a folder with trailsdk: what decoding costs."""
    return partial(_read, folder)


def _read(location: S3 | Path) -> int:
    stream = trailsdk.read(location)
    for record in stream:
        record.event_name  # noqa: B018 (touched, as a user would)
        record.error_code  # noqa: B018
    return stream.stats.read


def open_source(server: Server, bucket: str, client: str) -> S3:
    """Give a source whose client is made."""
    source = S3(f"s3://{bucket}", session=make_session(), endpoint_url=server.url, obstore=client == "obstore")
    source.store()
    return source


def _keys(client: Any, bucket: str) -> list[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [each["Key"] for page in pages for each in page["Contents"]]


def _get_boto3(client: Any, bucket: str, key: str) -> int:
    return len(client.get_object(Bucket=bucket, Key=key)["Body"].read())


def _store(server: Server, bucket: str) -> Any:
    from obstore.store import S3Store

    return S3Store(
        bucket,
        endpoint=server.url,
        region="us-east-1",
        access_key_id="testing",
        secret_access_key="testing",  # noqa: S106 (nobody checks it)
        client_options={"allow_http": True},
    )


def _get_obstore(store: Any, key: str) -> int:
    return len(bytes(store.get(key).bytes()))
