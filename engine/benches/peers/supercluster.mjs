// The peer of the bench row `build`: npm supercluster, on the same points, one load for each line on stdin.
//
// Called by engine/benches/build with a file of little-endian f64 pairs (longitude, latitude). Input is made into
// features before the clock starts; each answer is one line of JSON.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import Supercluster from "supercluster";

const bytes = readFileSync(process.argv[2]);
const numbers = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
const features = [];
for (let i = 0; i < numbers.length; i += 2) {
  features.push({
    type: "Feature",
    properties: null,
    geometry: { type: "Point", coordinates: [numbers[i], numbers[i + 1]] },
  });
}
// The package exports no package.json: it is read from beside its entry.
const entry = new URL(import.meta.resolve("supercluster"));
const version = JSON.parse(readFileSync(new URL("package.json", entry))).version;
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
say({ ready: features.length, version, node: process.version });

let index;
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "load") {
    index = undefined;
    globalThis.gc?.();
    const cpu = process.cpuUsage();
    const start = process.hrtime.bigint();
    index = new Supercluster({ radius: 40, extent: 512, maxZoom: 16 }).load(features);
    const wall = Number(process.hrtime.bigint() - start) / 1e6;
    const spent = process.cpuUsage(cpu);
    say({ ms: wall, cpu_ms: (spent.user + spent.system) / 1e3 });
  } else if (line === "markers") {
    // Σ count and the places of all markers at each zoom, for the gate and for crowding.
    const sums = [];
    const markers = [];
    for (let zoom = 0; zoom <= 16; zoom++) {
      const clusters = index.getClusters([-180, -90, 180, 90], zoom);
      sums.push(clusters.reduce((n, c) => n + (c.properties?.point_count ?? 1), 0));
      markers.push(clusters.length);
    }
    say({ sums, markers });
  }
}
