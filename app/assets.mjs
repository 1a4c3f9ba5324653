// Trunk's last step: shrinks both wasms with the wasm-opt of npm, puts the browser's own files, MapLibre and uPlot beside them,
// and writes the hashed names into index.html and partner.html. Everything comes from node_modules and public/; nothing is downloaded.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';

const staging = process.env.TRUNK_STAGING_DIR ?? 'dist';
const release = process.env.TRUNK_PROFILE === 'release';
const require = createRequire(import.meta.url);
const root = process.cwd();

function shrink(wasm) {
  const path = join(staging, wasm);
  // For speed: it is 6 % longer than for bytes, and after brotli 1 % shorter.
  // wasm-bindgen may drop the features section, so the features are named here.
  const features = ['bulk-memory', 'nontrapping-float-to-int', 'sign-ext', 'mutable-globals', 'reference-types', 'multivalue'];
  execFileSync(process.execPath, [
    join(root, 'node_modules/binaryen/bin/wasm-opt'), '-O2', '--converge', '--one-caller-inline-max-function-size=20', '--reorder-functions', '--reorder-locals', '--strip-debug', '--strip-producers', '--strip-target-features',
    ...features.map((name) => `--enable-${name}`), path, '-o', path,
  ], { stdio: 'inherit' });
}

/** The two files of a binary; in a release the wasm is shrunk. */
function binary(name) {
  const built = readdirSync(staging);
  const js = built.find((file) => file.startsWith(name) && file.endsWith('.js'));
  const wasm = built.find((file) => file.startsWith(name) && file.endsWith('_bg.wasm'));
  if (!js || !wasm) throw new Error(`trunk left no ${name} .js and _bg.wasm in ${staging}: ${built.join(', ')}`);
  if (release) shrink(wasm);
  return { js, wasm };
}

/** Trunk gives a second binary no hash; a browser keeps for ever only what has one (16 hexadecimal digits, as trunk's own). */
function hashed({ js, wasm }) {
  const bytes = [js, wasm].map((file) => readFileSync(join(staging, file)));
  const hash = createHash('sha256').update(Buffer.concat(bytes)).digest('hex').slice(0, 16);
  const named = { js: js.replace('.js', `-${hash}.js`), wasm: wasm.replace('_bg.wasm', `-${hash}_bg.wasm`) };
  renameSync(join(staging, js), join(staging, named.js));
  renameSync(join(staging, wasm), join(staging, named.wasm));
  return named;
}

/** Writes a page with the names of its binary. */
function fill(from, to, { js, wasm }, door = '') {
  const filled = readFileSync(from, 'utf8')
    .replace('%APP_JS%', `/${js}`)
    .replace('%APP_WASM%', `/${wasm}`)
    .replace('%DOOR%', () => door)
    // Without injected scripts trunk leaves its own instructions in the page.
    .replace(/\s*<link data-trunk [^>]*>/g, '');
  writeFileSync(to, filled);
}

const room = binary('talaia-app');
const partner = hashed(binary('talaia-partner'));

cpSync(join(root, 'public'), staging, { recursive: true });

// Both files under their own names, side by side: the worker is found by the name of the main file.
mkdirSync(join(staging, 'maplibre'), { recursive: true });
for (const name of ['maplibre-gl.mjs', 'maplibre-gl-worker.mjs']) {
  cpSync(require.resolve(`maplibre-gl/dist/${name}`), join(staging, 'maplibre', name));
}
cpSync(join(root, 'node_modules/maplibre-gl/LICENSE.txt'), join(staging, 'maplibre', 'LICENSE.txt'));

// Charts are drawn at the partner desk alone, and only once somebody looks at a history.
mkdirSync(join(staging, 'uplot'), { recursive: true });
for (const name of ['dist/uPlot.esm.js', 'dist/uPlot.min.css', 'LICENSE']) {
  cpSync(join(root, 'node_modules/uplot', name), join(staging, 'uplot', name.split('/').at(-1)));
}

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
for (const file of readdirSync(join(root, 'app/locales')).filter((name) => name.endsWith('.json'))) {
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
  const chart = join(staging, 'uplot/uPlot.esm.js');
  await build({ entryPoints: [chart], bundle: false, minify: true, outfile: chart, allowOverwrite: true, logLevel: 'error', legalComments: 'inline' });
}

// Both pages have the same door.
const index = join(staging, 'index.html');
const [door] = readFileSync(index, 'utf8').match(/ *<main id="door"[\s\S]*?<\/main>/);
fill(index, index, room);
fill(join(root, 'app/partner.html'), join(staging, 'partner.html'), partner, door);
