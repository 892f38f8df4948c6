"""The classic story: a trail, one log file deleted, one modified and gzipped again; and what verifying says."""

import trailsdk
from trailsdk.integrity import Tally, Verdict
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.tampering import Tampering, tamper


def main() -> None:
    """Make a trail in memory, tamper with it, verify it, and print a line for each file."""
    trail = FakeTrail(name="main", regions=["eu-west-1"], home_region="eu-west-1")
    trail.run(hours=3, logs=3)
    print(f"A trail of {len(trail.digests)} hours: {len(trail.digests)} digest files, {len(trail.logs)} log files.")
    print(f"  {trail.arn}\n")

    covered, changed = trail.logs[4], trail.logs[7]
    print("Somebody deletes one log file ...")
    print(f"  {_name(covered.uri)}")
    tamper(trail, Tampering.LOG_DELETED, covered)
    print("... changes an address in another one, and gzips it again.")
    print(f"  {_name(changed.uri)}\n")
    tamper(trail, Tampering.LOG_MODIFIED, changed)

    print("for result in trailsdk.iter_verify(...):\n")
    tally = Tally()
    results = trailsdk.iter_verify(trail.objects.store(trail.bucket), public_keys=trail.public_keys, now=trail.now)
    for result in tally.counted(results):
        if isinstance(result, Verdict):
            kind = "Digest file" if result.kind == "digest" else "Log file"
            told = "valid" if result.reason is None else f"{result.verdict.upper()}: {result.reason}"
            print(f"  {kind:<12} {_name(result.uri):<82} {told}")

    report = tally.report()
    print(f"\n{report.digests.valid}/{report.digests.total} digest files valid")
    print(f"{report.logs.valid}/{report.logs.total} log files valid, {report.logs.invalid} INVALID")
    print(f"\nreport.status is {report.status!r}.")


def _name(uri: str) -> str:
    return uri.rpartition("/")[2]


if __name__ == "__main__":
    main()
