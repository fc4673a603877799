"""``python -m bench.claims [ID ...]``: prove what ``docs/claims.yaml`` promises, one by one."""

from __future__ import annotations

import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[1] / "docs" / "claims.yaml"
FIELDS = {"id", "promise", "command", "figure", "caveat"}


@dataclass(frozen=True)
class Claim:
    """A promise, the command that proves it, what was last measured, and what to know besides."""

    id: str
    promise: str
    command: str
    figure: str
    caveat: str

    def argv(self) -> list[str]:
        """The command in this interpreter: it begins with ``pytest`` or names a module."""
        return [sys.executable, "-m", *shlex.split(self.command)]


def claims() -> list[Claim]:
    """Every claim, in the file's order; raises ``ValueError`` for a missing or unknown field."""
    found = []
    for entry in yaml.safe_load(FILE.read_text()):
        values: dict[str, Any] = dict(entry)
        if set(values) != FIELDS:
            raise ValueError(f"claim {values.get('id')}: needs exactly {sorted(FIELDS)}")
        found.append(Claim(**{name: str(value).strip() for name, value in values.items()}))
    return found


def main(arguments: list[str]) -> int:
    """Run the named claims, all by default; 1 when one is not proven."""
    known = {claim.id: claim for claim in claims()}
    unknown = sorted(set(arguments) - set(known))
    if unknown:
        print(f"claims: there is no {', '.join(unknown)}")
        return 2
    failed = []
    for name in arguments or known:
        claim = known[name]
        print(f"== {claim.id}: {claim.promise}\n   {claim.command}", flush=True)
        if subprocess.run(claim.argv(), check=False).returncode:
            failed.append(name)
    count = len(arguments or known)
    missing = f"; not: {', '.join(failed)}" if failed else ""
    print(f"{count - len(failed)} of {count} proven{missing}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
