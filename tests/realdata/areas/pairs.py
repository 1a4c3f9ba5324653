"""Which areas of the test alerts meet which area filters, by an independent geometry library. Prints JSON."""

import json
import gzip
import sys
import xml.etree.ElementTree as xml
import zipfile

import shapely
from shapely.affinity import translate


def ring(pairs):
    """A ring of longitudes and latitudes; one that goes over the antimeridian runs on beyond 180 degrees."""
    lngs = [lng for lng, _ in pairs]
    if any(180 < abs(b - a) < 360 for a, b in zip(lngs, lngs[1:])):
        pairs = [(lng + 360 if lng < 0 else lng, lat) for lng, lat in pairs]
    return shapely.Polygon(pairs)


def alerts(file):
    with zipfile.ZipFile(file) as archive:
        for name in sorted(archive.namelist()):
            root = xml.fromstring(archive.read(name))
            texts = [(one.text or "").split() for one in root.iter() if one.tag.endswith("}polygon")]
            rings = [[tuple(map(float, pair.split(",")))[::-1] for pair in text] for text in texts if text]
            yield name, shapely.union_all([ring(pairs) for pairs in rings])


def filters(file):
    with gzip.open(file) as archive:
        for one in json.load(archive)["subscriptions"]:
            pairs = one["subscription"]["areaFilter"]["polygonCoordinates"]
            pairs = json.loads(pairs) if isinstance(pairs, str) else pairs
            yield None if len(pairs) < 4 else ring(pairs)


names, shapes = zip(*alerts(sys.argv[1]))
# What runs on beyond 180 degrees meets what lies there a turn later.
turns = [shapely.STRtree([translate(shape, by) for shape in shapes]) for by in (-360, 0, 360)]
met = []
for wanted in filters(sys.argv[2]):
    found = set()
    if wanted is not None:
        for tree in turns:
            found.update(int(at) for at in tree.query(wanted, predicate="intersects"))
    met.append([names[at] for at in sorted(found)])
print(json.dumps(met))
