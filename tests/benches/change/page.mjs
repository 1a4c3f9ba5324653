// Runs in the page: a map of ours or of the peer's, the changes made ready beforehand, and one change at a time until a frame shows it.
const VIEW = { lng: 2.165, lat: 41.402, zoom: 11.7 };
const element = document.querySelector('.map');
const ID_FIRST = 1_000_000_007n;
const marks = (n) => n.toLocaleString('en-GB');

/** Sums the time that goes into the card's buffers. */
function watchUploads() {
  const spent = { ms: 0 };
  for (const name of ['bufferData', 'bufferSubData']) {
    const own = WebGL2RenderingContext.prototype[name];
    WebGL2RenderingContext.prototype[name] = function timed(...args) {
      const started = performance.now();
      own.apply(this, args);
      spent.ms += performance.now() - started;
    };
  }
  return spent;
}

/** When `data-reports` beside the canvas says so: it is told of the frame just drawn. */
async function told(reports) {
  const there = () => Number(element.dataset.reports) === reports;
  if (there()) return;
  await new Promise((resolve) => {
    const watch = new MutationObserver(() => {
      if (!there()) return;
      watch.disconnect();
      resolve();
    });
    watch.observe(element, { attributeFilter: ['data-reports'] });
  });
}

async function ours() {
  const { createMap } = await import('/map.mjs');
  const uploads = watchUploads();
  const facade = await createMap(element, { ...VIEW, theme: 'night' }, '{"kind":"none"}');
  const nobody = new BigUint64Array();
  return {
    ready: (all) => all.map((clusters) => ({
      ids: BigUint64Array.from(clusters, (_, n) => ID_FIRST * BigInt(n + 1)), numbers: Float64Array.from(clusters.flat()),
      reports: clusters.reduce((sum, cluster) => sum + cluster[2], 0),
    })),
    async change({ ids, numbers, reports }) {
      uploads.ms = 0;
      const started = performance.now();
      facade.setClusters(ids, numbers, nobody, ',');
      const called = performance.now() - started;
      await told(reports);
      return called + uploads.ms;
    },
    again: () => facade.setClusters(nobody, new Float64Array(), nobody, ','),
    shown: () => ({ clusters: Number(element.dataset.clusters), reports: Number(element.dataset.reports) }),
  };
}

/** MapLibre's own way with the same look: a GeoJSON source, symbols with a sort key, labels on a plate that stretches. */
async function peer() {
  const maplibre = await import('/maplibre/maplibre-gl.mjs');
  const { style } = await import('/style.mjs');
  const { FONT, PLATE, RIMS, SEVERITIES, SIZE, drawPlate, drawSeverity } = await import('/symbols.mjs');
  const computed = getComputedStyle(document.documentElement);
  const token = (name) => computed.getPropertyValue(`--${name}`).trim();
  const ink = { onFill: token('on-fill'), ink2: token('ink-2') };
  for (const name of ['ground', 'sea', 'panel', 'raised', 'line', 'ink', 'plate', ...SEVERITIES]) ink[name.toLowerCase()] = token(name.toLowerCase());
  const plan = style({ kind: 'none' }, 'night', ink, { doubt: [], sensors: [] });
  const css = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/map.css' });
  document.head.append(css);
  plan.sources.clusters = { type: 'geojson', promoteId: 'id', buffer: 64, data: { type: 'FeatureCollection', features: [] } };
  plan.layers.push(
    { id: 'clusters', type: 'symbol', source: 'clusters',
      layout: { 'icon-image': ['concat', ['get', 'worst'], '|', ['get', 'rim']], 'icon-allow-overlap': true,
        'icon-size': 1.1, 'icon-ignore-placement': true, 'symbol-sort-key': ['get', 'rank'] } },
    { id: 'cluster-labels', type: 'symbol', source: 'clusters', filter: ['>', ['get', 'n'], 1],
      layout: { 'icon-image': 'plate', 'icon-text-fit': 'both', 'icon-allow-overlap': true, 'icon-ignore-placement': true,
        'text-allow-overlap': true, 'text-ignore-placement': true, 'text-field': ['get', 'label'], 'text-font': FONT, 'text-size': 13,
        'text-anchor': 'top', 'text-offset': [0, 1.6], 'symbol-sort-key': ['get', 'rank'] },
      paint: { 'text-color': ink.ink } },
  );
  const map = new maplibre.Map({ container: element, style: plan, center: [VIEW.lng, VIEW.lat], zoom: VIEW.zoom, fadeDuration: 0 });
  const image = (width, height, draw) => {
    const pen = Object.assign(document.createElement('canvas'), { width: width * 2, height: height * 2 }).getContext('2d');
    pen.scale(2, 2);
    draw(pen);
    return pen.getImageData(0, 0, width * 2, height * 2);
  };
  await map.once('load');
  for (const severity of SEVERITIES) {
    for (const rim of RIMS) map.addImage(`${severity}|${rim}`, image(SIZE, SIZE, (pen) => drawSeverity(pen, severity, rim, ink)), { pixelRatio: 2 });
  }
  map.addImage('plate', image(PLATE.width, PLATE.height, (pen) => drawPlate(pen, ink)), {
    pixelRatio: 2, stretchX: [[12, 36]], stretchY: [[12, 28]], content: [10, 4, 38, 36],
  });
  const source = map.getSource('clusters');
  let sent;
  map.on('render', () => {
    if (sent && map.isSourceLoaded('clusters')) element.dataset.reports = sent;
  });
  return {
    ready: (all) => all.map((clusters) => ({
      add: clusters.map(([lng, lat, n, worstN, worst, rim], at) => {
        const id = String(ID_FIRST * BigInt(at + 1));
        const properties = { id, n, worst: SEVERITIES[worst], rim: RIMS[rim], label: `${marks(worstN)} / ${marks(n)}`, rank: 10 - worst };
        return { type: 'Feature', id, geometry: { type: 'Point', coordinates: [lng, lat] }, properties };
      }),
      reports: clusters.reduce((sum, cluster) => sum + cluster[2], 0),
    })),
    async change({ add, reports }) {
      sent = undefined;
      const started = performance.now();
      source.updateData({ add });
      const called = performance.now() - started;
      // Said in the frame that has the worker's answer, which is not the one that is on its way now.
      sent = reports;
      await told(reports);
      return called;
    },
    again: () => map.triggerRepaint(),
    async shown() {
      const { features } = await source.getData();
      return { clusters: features.length, reports: features.reduce((sum, { properties }) => sum + properties.n, 0) };
    },
  };
}

let map;
let prepared = [];
globalThis.bench = {
  async open(kind) {
    map = await { ours, peer }[kind]();
    while (element.querySelector('canvas') === null) await new Promise(requestAnimationFrame);
  },
  prepare(all) {
    prepared = map.ready(all);
  },
  /** Milliseconds of the call and, for ours, of the upload. */
  change: async (at) => await map.change(prepared[at]),
  /** A frame in which nothing changed: what the map takes in any case. */
  async again() {
    map.again();
    for (let n = 0; n < 2; n += 1) await new Promise(requestAnimationFrame);
  },
  async shown() {
    const wanted = prepared.at(-1).reports;
    return { ...(await map.shown()), wanted };
  },
};
