"""How property tests are run: enough examples to find something, in a time in which they are run at all.

`HYPOTHESIS_PROFILE=thorough` runs ten times as many.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "trailsdk",
    max_examples=75,
    deadline=None,
    print_blob=True,
    # A machine that runs other things as well may be slow in making examples.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", parent=settings.get_profile("trailsdk"), max_examples=750)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "trailsdk"))
