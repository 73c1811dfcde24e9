#!/usr/bin/env python3
"""What scripts/robustness asks of truths and scores.

  bola.py start TRUTH             one hour before the first attack that is on foreign objects alone (RFC 3339)
  bola.py table RANGE OUT HOW...  the table of all worlds and ways, and whether it is as good as it has to be

Bars: at most one false finding whatever the damage; with a cold start the first attack on foreign objects is seen at its
second object at the latest; half, or a hundredth, of the input missing costs at most a fifth of the attacks. Python 3,
standard library only.
"""
import datetime, gzip, json, os, sys

FALSE_MAX, COLD_OBJECTS_MAX, LOSS_MAX = 1, 2, 0.2


def first_bola(truth):
    with gzip.open(truth) as f:
        attacks = [a for a in json.load(f)["attacks"] if a["owasp"] == ["API1:2023"]]
    return min(attacks, key=lambda a: a["times"][0])


def start(truth):
    t = datetime.datetime.fromtimestamp(first_bola(truth)["times"][0] / 1000, datetime.timezone.utc)
    print((t - datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"))


def load(out, name):
    with open(os.path.join(out, name)) as f:
        return json.load(f)


def table(ranges, out, *hows):
    worlds = sorted(w for w in os.listdir(ranges) if os.path.isfile(os.path.join(ranges, w, "truth.json.gz")))
    missed, whole = [], {}
    print(f"{'':12} {'':12} {'attacks':>8} {'false':>6} {'objects':>8} {'blind':>6} {'dulled':>7}  first attack on objects")
    for how in hows:
        for world in worlds:
            score = load(out, f"{world}.{how}.score.json")["findings"]
            silenced = load(out, f"{world}.{how}/coverage.json")["silenced"]
            bola = first_bola(os.path.join(ranges, world, "truth.json.gz"))["id"]
            row = next(r for r in score["rows"] if r["attack"] == bola)
            delay = row["delayObjects"] if row["detected"] else None
            blind = sum(s["blind"] for s in silenced)
            print(f"{how:12} {world:12} {score['recall']:8.2f} {score['falseFindings']:6} {score['medianDelayObjects'] or '-':>8} "
                  f"{blind:6} {len(silenced) - blind:7}  {'not seen' if delay is None else f'object {delay}'}")
            if score["falseFindings"] > FALSE_MAX:
                missed.append(f"{how} {world}: {score['falseFindings']} false findings")
            if how == "cold" and (delay is None or delay > COLD_OBJECTS_MAX):
                missed.append(f"cold {world}: {bola} seen at object {delay}")
            if how == "whole":
                whole[world] = score["recall"]
            elif how not in ("cold", "no-bodies") and score["recall"] < whole.get(world, 0) * (1 - LOSS_MAX) - 1e-9:
                missed.append(f"{how} {world}: {score['recall']} of the attacks, {whole[world]} on the whole capture")
    for m in missed:
        print("missed:", m)
    return 1 if missed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("start", "table"):
        sys.exit(__doc__)
    sys.exit({"start": start, "table": table}[sys.argv[1]](*sys.argv[2:]))
