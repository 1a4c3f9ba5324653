// What changes on the map: the same clusters in the same order for ours and for the peer.
import { seeded } from '../screen/load.mjs';

/** Inside what the map shows. */
const BOX = { west: 2.06, south: 41.352, width: 0.21, height: 0.1 };
/** Of the severities, worst first, one in so many of what is on a bad day's screen. */
const SHARES = [0.04, 0.2, 0.5, 0.8, 1];

/**
 * `changes` times all of `n` clusters, each time with other counts; one in ten has moved, one in twenty has another severity. Numbers are
 * those of the facade: longitude, latitude, how many, how many of the worst, severity and rim.
 */
export function changes(n, changes, seed) {
  const random = seeded(seed);
  const severity = () => {
    const drawn = random();
    return SHARES.findIndex((share) => drawn <= share);
  };
  const place = () => [BOX.west + random() * BOX.width, BOX.south + random() * BOX.height];
  const clusters = Array.from({ length: n }, () => ({ place: place(), worst: severity() }));
  return Array.from({ length: changes }, () => clusters.map((cluster) => {
    if (random() < 0.1) cluster.place = place();
    if (random() < 0.05) cluster.worst = severity();
    const count = 2 + Math.floor(random() ** 3 * 4_000);
    return [...cluster.place, count, 1 + Math.floor(random() * count), cluster.worst, 0];
  }));
}
