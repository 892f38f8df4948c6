"""Speed and memory of trailsdk, as ratios measured in one run: `python -m bench [--quick] [section ...]`."""
