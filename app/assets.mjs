// Trunk's last step: shrinks the wasm with the wasm-opt of npm, puts the browser's own files and MapLibre beside it,
// and writes the hashed names into index.html. Everything comes from node_modules and public/; nothing is downloaded.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';

const staging = process.env.TRUNK_STAGING_DIR ?? 'dist';
const release = process.env.TRUNK_PROFILE === 'release';
const require = createRequire(import.meta.url);
const root = process.cwd();

const built = readdirSync(staging);
const js = built.find((name) => /^talaia-app.*\.js$/.test(name));
const wasm = built.find((name) => /^talaia-app.*_bg\.wasm$/.test(name));
if (!js || !wasm) throw new Error(`trunk left no talaia-app .js and _bg.wasm in ${staging}: ${built.join(', ')}`);

if (release) {
  const path = join(staging, wasm);
  // For speed: it is 6 % longer than for bytes, and after brotli 1 % shorter.
  // wasm-bindgen may drop the features section, so the features are named here.
  const features = ['bulk-memory', 'nontrapping-float-to-int', 'sign-ext', 'mutable-globals', 'reference-types', 'multivalue'];
  execFileSync(process.execPath, [
    join(root, 'node_modules/binaryen/bin/wasm-opt'), '-O2', '--converge', '--one-caller-inline-max-function-size=20', '--reorder-functions', '--reorder-locals', '--strip-debug', '--strip-producers', '--strip-target-features',
    ...features.map((name) => `--enable-${name}`), path, '-o', path,
  ], { stdio: 'inherit' });
}

cpSync(join(root, 'public'), staging, { recursive: true });

// Both files under their own names, side by side: the worker is found by the name of the main file.
mkdirSync(join(staging, 'maplibre'), { recursive: true });
for (const name of ['maplibre-gl.mjs', 'maplibre-gl-worker.mjs']) {
  cpSync(require.resolve(`maplibre-gl/dist/${name}`), join(staging, 'maplibre', name));
}
cpSync(join(root, 'node_modules/maplibre-gl/LICENSE.txt'), join(staging, 'maplibre', 'LICENSE.txt'));

// The world's outline, for a desk without a basemap: Natural Earth by way of world-atlas, to about a hundred metres.
const { feature } = require('topojson-client');
mkdirSync(join(staging, 'fallback'), { recursive: true });
// A ring over the antimeridian goes on beyond it, where the map draws its copy; one around a pole is closed along the pole.
const unbroken = (ring) => {
  let turns = 0;
  const [first] = ring;
  const along = ring.map(([lng, lat], at) => {
    const step = at === 0 ? 0 : lng - ring[at - 1][0];
    if (Math.abs(step) > 180) turns -= Math.sign(step);
    return [lng + 360 * turns, lat];
  });
  if (turns === 0) return along;
  const pole = Math.sign(first[1]) * 90;
  return [...along, [first[0] + 360 * turns, pole], [first[0], pole], first];
};
const rounded = (key, value) => (typeof value === 'number' ? Math.round(value * 1000) / 1000 : value);
// The coarse one comes with the map; the fine one only when the map looks where no better outline covers it.
for (const [name, detail] of [['world', '110m'], ['world-fine', '50m']]) {
  const atlas = JSON.parse(readFileSync(require.resolve(`world-atlas/land-${detail}.json`), 'utf8'));
  const land = feature(atlas, atlas.objects.land);
  for (const { geometry } of land.features) {
    const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
    for (const rings of polygons) rings.splice(0, rings.length, ...rings.map(unbroken));
  }
  writeFileSync(join(staging, 'fallback', `${name}.geojson`), JSON.stringify(land, rounded));
}

// The door's words are the app's own, cut out of its languages: one place for each sentence.
const doorWords = {};
for (const file of readdirSync(join(root, 'app/locales'))) {
  const { tagline, status, sign_in } = JSON.parse(readFileSync(join(root, 'app/locales', file), 'utf8'));
  const { title, ...sentences } = sign_in;
  doorWords[file.replace('.json', '')] = { tagline, language: status.language, theme: status.theme, ...sentences };
}
writeFileSync(join(staging, 'door-words.mjs'), `export const words = ${JSON.stringify(doorWords)};\n`);

// Only pmtiles has bare imports; it is bundled by itself because only a desk with such a basemap loads it.
await build({
  stdin: { contents: "export { Protocol } from 'pmtiles';", resolveDir: root },
  bundle: true, format: 'esm', minify: release, outfile: join(staging, 'pmtiles.mjs'), logLevel: 'error',
  legalComments: 'inline',
});

if (release) {
  for (const name of readdirSync(join(root, 'public')).filter((file) => /\.(mjs|css)$/.test(file))) {
    const path = join(staging, name);
    await build({ entryPoints: [path], bundle: false, minify: true, outfile: path, allowOverwrite: true, logLevel: 'error' });
  }
}

const page = join(staging, 'index.html');
const filled = readFileSync(page, 'utf8')
  .replace('%APP_JS%', `/${js}`)
  .replace('%APP_WASM%', `/${wasm}`)
  // Without injected scripts trunk leaves its own instruction in the page.
  .replace(/\s*<link data-trunk [^>]*>/, '');
writeFileSync(page, filled);
