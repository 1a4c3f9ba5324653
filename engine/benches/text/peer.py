"""The peer of the row `text`: datasketch's MinHashLSH, fed with words that are plain already.

Started with a file of posts, one a line. Each answer is one line of JSON. `run` takes the posts one by one: the same words as
before are a copy; texts of eight words or more are sketched, looked up, compared exactly with what is found, and inserted.
`pairs` gives the copies of the last run.
"""

import json
import sys
import time

import datasketch
from datasketch import MinHash, MinHashLSH

N_PERMUTATIONS = 64
# Bands and rows: of the settings with 64 numbers the one with the fewest candidates that finds 0.95 of the pairs at
# four fifths and a little more; the default for a threshold of 0.8, 5 and 11, finds 0.36 of them.
BANDS, ROWS = 12, 5
WORDS_MIN = 8

with open(sys.argv[1], encoding="utf-8") as lines:
    posts = [line.rstrip("\n") for line in lines]


def run():
    lsh = MinHashLSH(num_perm=N_PERMUTATIONS, params=(BANDS, ROWS))
    empty = MinHash(num_perm=N_PERMUTATIONS)
    known, runs, pairs, comparing = {}, {}, [], 0.0
    for number, post in enumerate(posts):
        first = known.setdefault(post, number)
        if first != number:
            pairs.append((first, number))
            continue
        words = post.split()
        if len(words) < WORDS_MIN:
            continue
        own = set(zip(words, words[1:], words[2:]))
        sketch = empty.copy()
        sketch.update_batch([" ".join(run).encode() for run in own])
        found = lsh.query(sketch)
        began = time.perf_counter()
        for other in found:
            theirs = runs[other]
            shared = len(own & theirs)
            if 5 * shared >= 4 * (len(own) + len(theirs) - shared):
                pairs.append((other, number))
        comparing += time.perf_counter() - began
        lsh.insert(number, sketch, check_duplication=False)
        runs[number] = own
    return pairs, comparing


def say(answer):
    print(json.dumps(answer), flush=True)


say({"ready": len(posts), "version": datasketch.__version__})
last = []
for line in sys.stdin:
    if line.strip() == "run":
        wall, cpu = time.perf_counter(), time.process_time()
        last, comparing = run()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        say({"ms": wall * 1e3, "cpu_ms": cpu * 1e3, "comparing_ms": comparing * 1e3})
    elif line.strip() == "pairs":
        say({"pairs": last})
