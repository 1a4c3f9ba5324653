// The last step of the browser half: shrinks the programs with the wasm-opt of npm, names them by their content, puts the browser's own
// files, MapLibre and uPlot beside them, and writes the names into index.html and partner.html. Everything comes from what was compiled,
// node_modules and public/; nothing is downloaded.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';

const programs = process.env.TALAIA_PROGRAMS;
const staging = process.env.TALAIA_DIST;
if (!programs || !staging) throw new Error('this step is run by cargo xtask, which says where programs and dist are');
const require = createRequire(import.meta.url);
const root = process.cwd();

function shrunk(path) {
  // For speed: it is 6 % longer than for bytes, and after brotli 1 % shorter.
  // wasm-bindgen may drop the features section, so the features are named here.
  const features = ['bulk-memory', 'nontrapping-float-to-int', 'sign-ext', 'mutable-globals', 'reference-types', 'multivalue'];
  execFileSync(process.execPath, [
    join(root, 'node_modules/binaryen/bin/wasm-opt'), '-O2', '--converge', '--one-caller-inline-max-function-size=20', '--reorder-functions', '--reorder-locals', '--strip-debug', '--strip-producers', '--strip-target-features',
    ...features.map((name) => `--enable-${name}`), path, '-o', path,
  ], { stdio: 'inherit' });
  return readFileSync(path);
}

/**
 * Puts the files of a program into dist/ under names that hold their hash (16 hexadecimal digits: the server lets a browser keep such a
 * file for ever), and writes each name where another of them calls it. The hash is that of all, since they only work together.
 */
function placed(name, files) {
  const read = files.map((file) => {
    const path = join(programs, file);
    return { file, bytes: file.endsWith('.wasm') ? shrunk(path) : readFileSync(path) };
  });
  const all = createHash('sha256');
  for (const { bytes } of read) all.update(bytes);
  const hash = all.digest('hex').slice(0, 16);
  const renamed = (file) => file.startsWith(name) ? file.replace(name, `${name}-${hash}`) : `${name}-${hash}-${file}`;
  for (const { file, bytes } of read) {
    let content = bytes;
    if (file.endsWith('.js')) {
      // Only where a file is fetched: under the plain name the program itself asks for what the parts give.
      const called = (text, other) => ['from "./', 'new URL("./'].reduce((so, how) => so.replaceAll(`${how}${other}"`, `${how}${renamed(other)}"`), text);
      content = files.reduce(called, bytes.toString());
    }
    writeFileSync(join(staging, renamed(file)), content);
  }
  return { js: renamed(`${name}.js`), wasm: renamed(`${name}_bg.wasm`) };
}

/** Writes a page with the names of its program. */
function fill(from, to, { js, wasm }, door = '') {
  const filled = readFileSync(from, 'utf8')
    .replace('%APP_JS%', `/${js}`)
    .replace('%APP_WASM%', `/${wasm}`)
    .replace('%DOOR%', () => door);
  writeFileSync(to, filled);
}

mkdirSync(staging, { recursive: true });
const room = placed('talaia-app', ['talaia-app.js', 'talaia-app_bg.wasm', 'talaia-app-parts.js', 'split_aside.wasm']);
const partner = placed('talaia-partner', ['talaia-partner.js', 'talaia-partner_bg.wasm']);

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
  bundle: true, format: 'esm', minify: true, outfile: join(staging, 'pmtiles.mjs'), logLevel: 'error',
  legalComments: 'inline',
});

for (const name of readdirSync(join(root, 'public')).filter((file) => /\.(mjs|css)$/.test(file))) {
  const path = join(staging, name);
  await build({ entryPoints: [path], bundle: false, minify: true, outfile: path, allowOverwrite: true, logLevel: 'error' });
}
const chart = join(staging, 'uplot/uPlot.esm.js');
await build({ entryPoints: [chart], bundle: false, minify: true, outfile: chart, allowOverwrite: true, logLevel: 'error', legalComments: 'inline' });

// Both pages have the same door.
const page = join(root, 'app/index.html');
const [door] = readFileSync(page, 'utf8').match(/ *<main id="door"[\s\S]*?<\/main>/);
fill(page, join(staging, 'index.html'), room);
fill(join(root, 'app/partner.html'), join(staging, 'partner.html'), partner, door);
