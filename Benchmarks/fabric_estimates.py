#!/usr/bin/env python3
"""Milliseconds of an hls4ml project's estimate once it has been read.

  fabric_estimates.py HWSIM PROJECT...

Estimates each project for one flow, and for every flow of every part in one process, and takes the
processor time of the difference over the number of flows: placing layers, their counts and totals, and
the JSON that is written. Medians of five runs each; the time of the first, reading included, is beside.
"""
import json, os, resource, statistics, subprocess, sys


def seconds(words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(tool, projects):
    targets = json.loads(subprocess.run([tool, "targets", "--json"], capture_output=True,
                                        text=True, check=True).stdout)["result"]
    listed = targets["targets"] if isinstance(targets, dict) else targets
    flows = [t["id"] for t in listed if t["family"] == "fpga"]
    print(f"{len(flows)} flows of parts")
    worst = 0
    for project in projects:
        one = [tool, "estimate", project, "--json", "--target"]
        alone = statistics.median(seconds(one + [flows[0]]) for _ in range(5))
        every = statistics.median(seconds(one + [",".join(flows)]) for _ in range(5))
        each = 1e3 * (every - alone) / (len(flows) - 1)
        worst = max(worst, each)
        print(f"{each:7.3f} ms an estimate, {1e3 * alone:6.1f} ms with reading  {project}")
    print(f"{worst:7.3f} ms at most")


main(sys.argv[1], sys.argv[2:])
