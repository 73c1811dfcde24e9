#!/usr/bin/env python3
"""Hold scores to their bars.

  bars.py BARS SCORE...

BARS maps a dotted path in a score (a JSON object) to {"min": x} or {"max": x}, or to both. A score that lacks the path
fails. Every score is held to every bar, and a table of all is printed. Python 3, standard library only.
"""
import json, os, sys


def dig(value, path):
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return value


def main(bars_file, *score_files):
    with open(bars_file) as f:
        bars = json.load(f)
    names = [os.path.basename(s).split(".")[0] for s in score_files]
    scores = [json.load(open(s)) for s in score_files]
    width = max(map(len, bars))
    print(f"{'':{width}} {'bar':>8}" + "".join(f"{n:>10}" for n in names))
    missed = 0
    for path, bar in bars.items():
        low, high = bar.get("min"), bar.get("max")
        row = ""
        for score in scores:
            value = dig(score, path)
            ok = isinstance(value, (int, float)) and (low is None or value >= low) and (high is None or value <= high)
            missed += not ok
            row += f"{'none' if value is None else f'{value:.3g}'}{' ' if ok else '!'}".rjust(10)
        print(f"{path:{width}} {f'>= {low}' if low is not None else f'<= {high}':>8}{row}")
    if missed:
        print(f"{missed} below the bar (!)")
    return 1 if missed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
