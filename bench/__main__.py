"""``python -m bench [NAME ...]``: run the benchmarks and say which bars hold."""

from __future__ import annotations

import importlib
import json
import sys

NAMES = ("slots", "recurrence", "booking", "pages", "bookings_list", "availability", "programs")


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, all by default; 1 when a bar does not hold."""
    unknown = sorted(set(arguments) - set(NAMES))
    if unknown:
        print(f"bench: there is no {', '.join(unknown)}; there are {', '.join(NAMES)}")
        return 2
    verdicts = {}
    for name in arguments or NAMES:
        print(f"== {name}", flush=True)
        result = importlib.import_module(f"bench.{name}").run()
        print(json.dumps(result, indent=1, default=str), flush=True)
        verdicts[name] = bool(result.get("holds"))
    for name, holds in verdicts.items():
        print(f"{name}: {'holds' if holds else 'FALLS SHORT'}")
    return 0 if all(verdicts.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
