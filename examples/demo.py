"""Read a small sample trail, and tell who did what, when, from where, with what result."""

import tempfile
from pathlib import Path

import trailsdk
from trailsdk.testing.sample_trail import write_sample_trail


def main() -> None:
    """Write the sample trail into a temporary folder, read it, and print a line for each record."""
    with tempfile.TemporaryDirectory() as folder:
        files = write_sample_trail(Path(folder))
        print(f"A sample trail of {len(files)} log files, laid out like a bucket; the first is\n")
        print(f"  {files[0].relative_to(folder)}\n")
        print("read with `for record in trailsdk.read(folder)`, and sorted by time:\n")
        stream = trailsdk.read(folder)
        print(_line("WHEN", "WHO", "WHAT", "FROM", "RESULT"))
        for record in sorted(stream, key=_when):
            print(_row(record))
        stats = stream.stats
        print(f"\n{stats.read} files read, {stats.failed} failed; {stats.yielded} records, {stats.bad} bad.")

        [made] = trailsdk.read(folder, where=lambda record: record.event_name == "CreateAccessKey")
        key = made.get("responseElements.accessKey.accessKeyId")
        print(f"\n{made.actor.name} made an access key for {made.get('requestParameters.userName')}.")
        print("What was done with it?\n")
        for record in trailsdk.read(folder, where=lambda record: record.user_identity.access_key_id == key):
            print(f"  {record.event_name:<16} {record.outcome:<8} {record.get('requestParameters.bucketName', '')}")


def _when(record: trailsdk.Record) -> str:
    return str(record.event_time or record.time_window.window_start)


def _row(record: trailsdk.Record) -> str:
    time = record.event_time or record.time_window.window_start
    actor = record.actor
    who = actor.human or actor.name or "-"
    if actor.via:
        who += f" via {actor.via.removesuffix('.amazonaws.com')}"
    source = record.event_source or record.insight_details.event_source or "-"
    name = record.event_name or record.insight_details.event_name or record.event_category or "-"
    if record.insight_details:
        name += " (insight)"
    what = f"{source.removesuffix('.amazonaws.com')}:{name}"
    result = record.outcome or "-"
    return _line(f"{time:%H:%M:%S}", who, what, record.source_ip_address or "-", result)


def _line(when: str, who: str, what: str, source: str, result: str) -> str:
    return f"  {when:<9}{who:<32.31}{what:<38.37}{source:<30.29}{result}"


if __name__ == "__main__":
    main()
