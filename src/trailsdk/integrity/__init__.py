"""Is the evidence whole: the chain of digest files, and the log files that they name.

```text
sources --bytes--> fetch --FetchedDigest--> chain (a pure fold; procedure, signing) --named log files--> logs
                                              `--> verdicts, findings, coverage --> report
```

- Around the fold: `listing`, `walk` and `verifier`, which drive it; `keyring` and its neighbours, which know keys.
- What no digest says: `unlisted`, with `names` and `day_sums`; `tail`.
- What an earlier run proved: `state`, `recorder`.
- Copies elsewhere: `copied`, `placing`, `copies`.
- Proving while reading: `reading`, with `judging`, `claims`, `places` and `trees`.
"""

from trailsdk.integrity.coverage import Coverage, CoverageState, Interval
from trailsdk.integrity.document import document_of, line_of
from trailsdk.integrity.key_file import AskedTime, KeySet, add_public_keys, read_public_keys, write_public_keys
from trailsdk.integrity.keyring import FetchKeys
from trailsdk.integrity.listed_keys import fetch_public_keys
from trailsdk.integrity.report import Counts, Report, Status, Tally
from trailsdk.integrity.signing import PublicKey
from trailsdk.integrity.verdicts import ChainId, Finding, FindingCode, Judgement, Kind, Reason, Verdict
from trailsdk.integrity.verify import PublicKeys, VerifiedLocation

__all__ = [
    "AskedTime",
    "ChainId",
    "Counts",
    "Coverage",
    "CoverageState",
    "FetchKeys",
    "Finding",
    "FindingCode",
    "Interval",
    "Judgement",
    "KeySet",
    "Kind",
    "PublicKey",
    "PublicKeys",
    "Reason",
    "Report",
    "Status",
    "Tally",
    "Verdict",
    "VerifiedLocation",
    "add_public_keys",
    "document_of",
    "fetch_public_keys",
    "line_of",
    "read_public_keys",
    "write_public_keys",
]
