"""`python -m trailsdk` is the command `trailsdk`."""

from trailsdk.cli import main

main()
