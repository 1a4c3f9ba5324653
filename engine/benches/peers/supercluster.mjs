// A peer of the rows `build`, `view`, `update` and `apply`: npm supercluster, on the same points, one answer for each line on stdin.
//
// Started by engine/benches with a file of little-endian f64 pairs (longitude, latitude). Input is made into features
// before the clock starts; each answer is one line of JSON.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import Supercluster from "supercluster";

const bytes = readFileSync(process.argv[2]);
const numbers = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
const feature = (lng, lat) => ({
  type: "Feature",
  properties: null,
  geometry: { type: "Point", coordinates: [lng, lat] },
});
const features = [];
for (let i = 0; i < numbers.length; i += 2) features.push(feature(numbers[i], numbers[i + 1]));
// The package exports no package.json: it is read from beside its entry.
const entry = new URL(import.meta.resolve("supercluster"));
const version = JSON.parse(readFileSync(new URL("package.json", entry))).version;
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
say({ ready: features.length, version, node: process.version });

const now = () => Number(process.hrtime.bigint()) / 1e6;
const timed = (work) => {
  const cpu = process.cpuUsage();
  const start = now();
  work();
  const ms = now() - start;
  const spent = process.cpuUsage(cpu);
  return { ms, cpu_ms: (spent.user + spent.system) / 1e3 };
};

let index;
const load = () => {
  index = new Supercluster({ radius: 40, extent: 512, maxZoom: 16 }).load(features);
};
// Answers go where the optimiser cannot prove that nobody reads them.
let kept;
for await (const line of createInterface({ input: process.stdin })) {
  const [word, ...rest] = line.split(" ");
  const given = rest.map(Number);
  if (word === "load") {
    index = undefined;
    globalThis.gc?.();
    say(timed(load));
  } else if (word === "memory") {
    // What the index adds to the features it was given.
    index = undefined;
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    load();
    globalThis.gc?.();
    say({ bytes: process.memoryUsage().rss - before });
  } else if (word === "markers") {
    // Σ count and the places of all markers at a zoom, for the gates.
    const clusters = index.getClusters([-180, -90, 180, 90], given[0]);
    const sum = clusters.reduce((n, c) => n + (c.properties?.point_count ?? 1), 0);
    say({ sum, places: clusters.flatMap((c) => c.geometry.coordinates) });
  } else if (word === "views" || word === "zooms") {
    // Five numbers a view: west, south, east, north, zoom. On demand with the zoom at which each cluster comes apart.
    const ms = [];
    const cpu = process.cpuUsage();
    for (let i = 0; i < given.length; i += 5) {
      const start = now();
      kept = index.getClusters(given.slice(i, i + 4), given[i + 4]);
      if (word === "zooms") {
        for (const { properties } of kept) {
          if (properties?.cluster) {
            properties.expansion_zoom = index.getClusterExpansionZoom(properties.cluster_id);
          }
        }
      }
      ms.push(now() - start);
    }
    const spent = process.cpuUsage(cpu);
    say({ ms, cpu_ms: (spent.user + spent.system) / 1e3, kept: kept.length });
  } else if (word === "update") {
    // Which point goes, where the new one lies, and the view to answer.
    const [at, lng, lat, west, south, east, north, zoom] = given;
    const fresh = feature(lng, lat);
    globalThis.gc?.();
    const spent = timed(() => {
      features[at] = fresh;
      load();
      kept = index.getClusters([west, south, east, north], zoom);
    });
    say({ ...spent, n: features.length });
  }
}
