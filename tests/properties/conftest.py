"""How property tests are run: enough examples to find something, in a time in which they are run at all."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "trailsdk",
    max_examples=100,
    deadline=None,
    print_blob=True,
    # A machine that runs other things as well may be slow in making examples.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("trailsdk")
