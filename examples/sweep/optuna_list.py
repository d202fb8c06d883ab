#!/usr/bin/env python3
"""optuna_list.py LIST [--trials N] [--jobs N] - Optuna chooses which runs of a sweep's list come
next (ask), they run, and it learns what they reached (tell). Without --trials all of the list run,
in its order. Called again it begins anew, but what is done is done: it is told at once.
"""
import argparse
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys

import optuna

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("list")
parser.add_argument("--trials", type=int)
parser.add_argument("--jobs", type=int, default=1)
o = parser.parse_args()

lines, space = {}, {}           # a run's settings: its line, its result; every setting's values
for number, line in enumerate(open(o.list), 1):
    word = shlex.split(line)
    tags = dict(tag.split("=", 1) for tag in word[word.index("--tag") + 1].split(","))
    result = os.path.join(word[1], word[word.index("--result") + 1])
    lines[frozenset(tags.items())] = number, result
    for name, value in tags.items():
        space.setdefault(name, {})[value] = None
space = {name: list(values) for name, values in space.items()}


def run(number, result):
    lathe = os.environ.get("LATHE", "lathe")
    if subprocess.run([lathe, "sweep", "--run", o.list, "--line", str(number)]).returncode:
        return None
    return json.load(open(result))


def value(result):
    """What is to be as great as can be; of a run that diverged before its first check the worst."""
    if "best_val_loss" in result:
        return -1e30 if result["best_val_loss"] is None else -result["best_val_loss"]
    return result["best_val_acc"] or 0.0


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=1))
for settings in lines if not o.trials else []:
    study.enqueue_trial(dict(settings))
left, failed, running = o.trials or len(lines), 0, {}
with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
    while left or running:
        while left and len(running) < o.jobs:
            trial = study.ask()
            tags = {name: trial.suggest_categorical(name, space[name]) for name in space}
            running[pool.submit(run, *lines[frozenset(tags.items())])] = trial
            left -= 1
        done, _ = concurrent.futures.wait(running, return_when="FIRST_COMPLETED")
        for future in done:
            trial, result = running.pop(future), future.result()
            if result:
                study.tell(trial, value(result))
            else:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
                failed += 1
if failed:
    sys.exit(f"{failed} runs failed; run this again")
print("best:", ", ".join(f"{k}={v}" for k, v in study.best_params.items()), study.best_value)
