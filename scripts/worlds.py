#!/usr/bin/env python3
"""What the scores of several worlds come to: worlds.py SCORE... (JSON of score.py). Python 3, standard library only."""
import json, os, sys
from collections import Counter


def main(*names):
    scores = {os.path.basename(n).split(".")[0]: json.load(open(n)) for n in names}
    hit, all_, by, false, traps, labels = 0, 0, {}, Counter(), Counter(), Counter()
    http = 0
    print(f"{'world':8}{'business':12}{'http':>9}{'attacks':>9}{'found':>7}{'false':>7}{'per mio':>9}{'sev':>6}{'owasp':>7}{'templ':>7}{'class':>7}{'links':>7}")
    for n, s in scores.items():
        f = s["findings"]
        found = sum(r["detected"] for r in f["rows"])
        http += s["records"]["http"]
        print(f"{n:8}{s['world']:12}{s['records']['http']:>9}{len(f['rows']):>9}{found:>7}{f['falseFindings']:>7}{f['falsePerMillionHttp']:>9}"
              f"{show(f['severityOk']):>6}{show(f['owaspOk']):>7}{show(s['inventory']['templates']['f1']):>7}{show(s['inventory']['functionClass']):>7}{show(s['links']['f1']):>7}")
        for r in f["rows"]:
            all_ += 1
            hit += r["detected"]
            by.setdefault(r["scenario"], []).append((n, s["world"], r))
        false.update(f["falseByDetector"])
        traps.update(f["falseByTrap"])
    if all_:
        print(f"\nattacks found {hit} of {all_}: {hit / all_:.3f}")
        for name, rows in sorted(by.items(), key=lambda x: (sum(r["detected"] for _, _, r in x[1]) / len(x[1]), x[0])):
            ok = [r for _, _, r in rows if r["detected"]]
            late = sorted(r["delayObjects"] for r in ok)
            miss = " ".join(f"{n}:{w}" for n, w, r in rows if not r["detected"])
            kinds = Counter(d for r in ok for d in r["detectors"]).most_common(3)
            print(f"  {name:24}{len(ok):>3} of {len(rows):<3} objects {late[len(late) // 2] if late else '-':>3}  {' '.join(k for k, _ in kinds):32}{'missed ' + miss if miss else ''}")
    total = sum(false.values())
    print(f"\nfalse findings {total} in {http} http records: {total * 1e6 / max(1, http):.1f} per million")
    for k, v in false.most_common():
        print(f"  {k:24}{v:>6}")
    print("by honest behaviour")
    for k, v in traps.most_common():
        print(f"  {k:24}{v:>6}")


def show(x):
    return "-" if x is None else f"{x:.2f}"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
