"""How property tests are run: enough examples to find something, in a time in which they are run at all.

`HYPOTHESIS_PROFILE=thorough` runs ten times as many. In CI the examples are the same each time, as in Hypothesis's own
profile for it: a new find belongs to whoever looks for it, not to the change that happens to be tested.
"""

import os

from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

settings.register_profile(
    "trailsdk",
    max_examples=75,
    deadline=None,
    print_blob=True,
    derandomize="CI" in os.environ,
    database=None if "CI" in os.environ else DirectoryBasedExampleDatabase(".hypothesis/examples"),
    # A machine that runs other things as well may be slow in making examples.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", parent=settings.get_profile("trailsdk"), max_examples=750)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "trailsdk"))
