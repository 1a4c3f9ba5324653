#!/usr/bin/env python3
"""Follows a view and prints its counter line: follow.py http://127.0.0.1:8080 KEY west,south,east,north ZOOM

Server-sent events and Python's own library only. It comes back with the last id after a break, as docs/live.md says.
"""
import json, random, sys, time, urllib.error, urllib.request

base, key, bbox, zoom = sys.argv[1:5]
url = f"{base}/api/v1/live?bbox={bbox}&zoom={zoom}&window=2h"
tiles, last_id, pause = {}, None, 0.5

while True:
    headers = {"Authorization": f"Bearer {key}"}
    if last_id:
        headers["Last-Event-ID"] = last_id
    else:
        tiles.clear()  # without a cursor nothing that is held can be trusted
    try:
        # Heartbeats come every two seconds: ten of silence mean that the line is dead.
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as stream:
            event_id = None
            for line in stream:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "id":
                    event_id = value
                elif field == "data":
                    frame, pause = json.loads(value), 0.5
                    if frame["type"] == "tile":  # the whole content of a tile
                        tiles[frame["z"], frame["x"], frame["y"]] = frame["clusters"]
                    elif frame["type"] == "reset":  # start again, a snapshot follows
                        tiles.clear()
                        event_id = last_id = None
                        print(f"reset: {frame['reason']}", flush=True)
                    elif frame["type"] == "totals":
                        held = [cluster["n"] for clusters in tiles.values() for cluster in clusters]
                        print(f"seq {frame['seq']}: {sum(held)} here in {len(held)} clusters, {frame['elsewhere']} elsewhere, "
                              f"{frame['unplaced']} without place, {frame['filtered']} filtered", flush=True)
                    last_id = event_id or last_id
    except urllib.error.HTTPError as refused:
        if refused.code < 500 and refused.code != 429:
            sys.exit(f"refused: {refused.code} {refused.read().decode()}")
        time.sleep(int(refused.headers.get("Retry-After", 0)))  # our turn; the random part below comes on top
    except OSError:
        pass
    time.sleep(random.uniform(0, pause))  # jitter, so that a hundred clients do not come back in one second
    pause = min(pause * 2, 30)
