// A peer of the row `update`: @maplibre/geojson-vt with clusters, the index inside MapLibre, updated by differences.
//
// Started by engine/benches with a file of little-endian f64 pairs (longitude, latitude). Each answer is one line of JSON.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { GeoJSONVT } from "@maplibre/geojson-vt";

const bytes = readFileSync(process.argv[2]);
const numbers = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
const feature = (id, lng, lat) => ({
  type: "Feature",
  id,
  properties: {},
  geometry: { type: "Point", coordinates: [lng, lat] },
});
const features = [];
for (let i = 0; i < numbers.length; i += 2) {
  features.push(feature(i / 2, numbers[i], numbers[i + 1]));
}
const index = new GeoJSONVT(
  { type: "FeatureCollection", features },
  {
    updateable: true,
    cluster: true,
    // Else points by the antimeridian are held twice, and no count can be held against ours.
    wrap: false,
    maxZoom: 16,
    extent: 512,
    clusterOptions: { radius: 40, extent: 512, maxZoom: 16 },
  },
);
let ids = features.length;
// Which feature holds the place of the first, second … point.
const held = features.map((one) => one.id);
const entry = new URL(import.meta.resolve("@maplibre/geojson-vt"));
const version = JSON.parse(readFileSync(new URL("../package.json", entry))).version;
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const now = () => Number(process.hrtime.bigint()) / 1e6;
say({ ready: features.length, version, node: process.version });

// How many points the tile of the whole world counts.
const sum = () =>
  (index.getTile(0, 0, 0)?.features ?? []).reduce((n, one) => n + (one.tags?.point_count ?? 1), 0);

for await (const line of createInterface({ input: process.stdin })) {
  const [word, ...rest] = line.split(" ");
  if (word !== "update") continue;
  // Which point goes, where the new one lies, and the tiles to answer: zoom, first and last column and row.
  const [at, lng, lat, zoom, left, right, top, bottom] = rest.map(Number);
  const fresh = feature(ids++, lng, lat);
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const start = now();
  index.updateData({ remove: [held[at]], add: [fresh] });
  let n = 0;
  for (let x = left; x <= right; x++) {
    for (let y = top; y <= bottom; y++) n += index.getTile(zoom, x, y)?.features.length ?? 0;
  }
  const ms = now() - start;
  const spent = process.cpuUsage(cpu);
  held[at] = fresh.id;
  say({ ms, cpu_ms: (spent.user + spent.system) / 1e3, n, sum: sum() });
}
