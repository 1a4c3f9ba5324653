// The facade over MapLibre: the few calls the app makes (app/src/map/interop.rs names each), and nothing of the
// room's thinking. Clusters are a layer of our own over it (layer.mjs); all else are sources, changed feature by feature once per frame.
import * as maplibre from './maplibre/maplibre-gl.mjs';
import { ClusterLayer } from './layer.mjs';
import { keepStill, still } from './still.mjs';
import { style } from './style.mjs';
import { symbol } from './symbols.mjs';

const TOKENS = {
  ground: '--ground', land: '--land', sea: '--sea', water: '--water', road: '--road', roadMajor: '--road-major',
  border: '--border', place: '--place', panel: '--panel', raised: '--raised', line: '--line', ink: '--ink', ink2: '--ink-2',
  extreme: '--extreme', severe: '--severe', moderate: '--moderate', minor: '--minor', unknown: '--unknown',
  onFill: '--on-fill', plate: '--plate', focus: '--focus',
};
const EARTH_RADIUS_M = 6_371_008.8;
/** Corners of a circle of doubt: smooth to the eye at any zoom, cheap to send to the worker. */
const CIRCLE_CORNERS = 48;
/** From this zoom on the coarse outline of the world is off by more than a pixel or two. */
const FINE_FROM_ZOOM = 4;
/** West, south, east, north of what the bundled outlines of the exercise city cover. */
const CITY_OUTLINES = [1.55, 41.0, 2.85, 41.85];
/** How long a way on the map takes, whoever asked for it. */
const GLIDE_MS = 350;
/** The side of a situation's tile. */
const TILE_PX = 44;
/** Pixels around a click in which a symbol still counts as hit: a finger is wider than a mouse. */
const HIT_SLACK_PX = 6;

function inkOf(element) {
  const computed = getComputedStyle(element);
  return Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [name, computed.getPropertyValue(token).trim()]));
}

function point(id, lng, lat, properties) {
  return { type: 'Feature', id, geometry: { type: 'Point', coordinates: [lng, lat] }, properties: { id, lng, lat, ...properties } };
}

function circle(id, lng, lat, radius) {
  const d = radius / EARTH_RADIUS_M;
  const phi = (lat * Math.PI) / 180;
  const ring = Array.from({ length: CIRCLE_CORNERS + 1 }, (_, i) => {
    const a = (2 * Math.PI * (i % CIRCLE_CORNERS)) / CIRCLE_CORNERS;
    const north = Math.asin(Math.sin(phi) * Math.cos(d) + Math.cos(phi) * Math.sin(d) * Math.cos(a));
    const east = Math.atan2(Math.sin(a) * Math.sin(d) * Math.cos(phi), Math.cos(d) - Math.sin(phi) * Math.sin(north));
    return [lng + (east * 180) / Math.PI, (north * 180) / Math.PI];
  });
  return { type: 'Feature', id, geometry: { type: 'Polygon', coordinates: [ring] }, properties: { id, lng, lat, radius } };
}

/** One source of the room (all that a feature is stands in its properties): what it holds, and what changed since the last frame. */
class Held {
  features = new Map();
  #changed = new Map();
  #removed = new Set();

  /** What is put as it was before is no change: the worker is not asked for it. */
  put(feature) {
    const known = this.features.get(feature.id);
    if (known && Object.entries(feature.properties).every(([name, value]) => known.properties[name] === value)) return;
    this.features.set(feature.id, feature);
    this.#changed.set(feature.id, feature);
    this.#removed.delete(feature.id);
  }

  drop(id) {
    if (!this.features.delete(id)) return;
    this.#changed.delete(id);
    this.#removed.add(id);
  }

  replace(features) {
    const next = new Set(features.map((feature) => feature.id));
    for (const id of [...this.features.keys()]) if (!next.has(id)) this.drop(id);
    for (const feature of features) this.put(feature);
  }

  flush(source) {
    if (!source || (this.#changed.size === 0 && this.#removed.size === 0)) return;
    // An `add` of a known id replaces the feature: one path for new and changed ones.
    source.updateData({ remove: [...this.#removed], add: [...this.#changed.values()] });
    this.forget();
  }

  forget() {
    this.#changed.clear();
    this.#removed.clear();
  }
}

class Facade {
  #map;
  #basemap;
  #theme;
  #ink;
  #element;
  #frame = 0;
  #held = { warnings: new Held(), extents: new Held(), doubt: new Held(), found: new Held(), sensors: new Held() };
  /** The tiles of situations, by id: elements of the page over the map, drawn by the app. */
  #tiles = new Map();
  #clusters;
  #ring;
  #ready = false;
  /** How many sensors were sent to be drawn at last, and how many of them the next frame shows. */
  #sent;
  #shown;
  #moveFreely;
  /** Where the camera was sent and is going. */
  #target;

  constructor(element, options, basemap) {
    this.#element = element;
    this.#basemap = basemap;
    this.#theme = options.theme;
    this.#ink = inkOf(document.documentElement);
    const problem = (cause) => options.onProblem?.(String(cause?.message ?? cause));
    this.#map = new maplibre.Map({
      container: element,
      style: this.#style(),
      center: [options.lng, options.lat],
      zoom: options.zoom,
      minZoom: 0,
      maxZoom: 20,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      attributionControl: false,
      fadeDuration: 0,
      // The desk has one reading direction; a hash in the address belongs to the app.
      hash: false,
      locale: options.locale ?? {},
    });
    this.#clusters = new ClusterLayer(this.#map, this.#ink, problem, () => this.#tell());
    const ring = Object.assign(document.createElement('div'), { className: 'ring' });
    this.#ring = new maplibre.Marker({ element: ring });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#moveFreely = keepStill(this.#map);
    this.#map.addControl(new maplibre.AttributionControl({ compact: false }), 'bottom-right');
    this.#map.addControl(new maplibre.ScaleControl({ maxWidth: 90 }), 'bottom-left');
    this.#map.setMissingStyleImageResolver((id) => this.#draw(id));
    this.#map.on('style.load', () => {
      this.#ready = true;
      this.#schedule();
    });
    this.#map.on('render', () => this.#tell());
    this.#map.on('error', ({ error }) => problem(error));
    this.#map.on('webglcontextlost', () => {
      this.#ready = false;
    });
    // What MapLibre kept of the style while the context was lost is older than what we hold.
    this.#map.on('webglcontextrestored', () => this.setTheme(this.#theme));
    this.#map.on('move', () => options.onMove?.(this.camera(), false));
    // A person's own hand on the map ends any way it was sent.
    this.#map.on('movestart', ({ originalEvent }) => {
      if (originalEvent) this.#target = undefined;
    });
    this.#map.on('moveend', () => {
      const target = this.#target;
      this.#target = undefined;
      // A card that opened on the way narrowed the map and shifted the arrival by half its width.
      if (target) this.#map.jumpTo(target);
      options.onMove?.(this.camera(), true);
      this.#refine();
      // At rest symbols stand on whole pixels.
      this.#map.triggerRepaint();
    });
    this.#map.on('click', (event) => options.onPick?.(...this.#hit(event.point)));
    this.#map.on('mousemove', (event) => {
      this.#map.getCanvas().style.cursor = this.#hit(event.point)[0] ? 'pointer' : '';
    });
    this.#map.on('resize', () => {
      const { clientWidth, clientHeight } = element;
      if (clientWidth && clientHeight) options.onSize?.(clientWidth, clientHeight);
    });
    this.#map.once('idle', () => {
      element.dataset.drawn = 'true';
      this.#refine();
    });
  }

  #style() {
    const features = Object.fromEntries(Object.entries(this.#held).map(([name, held]) => [name, [...held.features.values()]]));
    return style(this.#basemap, this.#theme, this.#ink, features);
  }

  /** Without a basemap: the finer outline of the world, once the map looks closely at a place no city outline covers. */
  #refine() {
    const world = this.#map.getSource('world');
    if (!world || this.#basemap.refined || this.#map.getZoom() < FINE_FROM_ZOOM) return;
    const seen = this.#map.getBounds();
    const [west, south, east, north] = CITY_OUTLINES;
    if (seen.getWest() >= west && seen.getSouth() >= south && seen.getEast() <= east && seen.getNorth() <= north) return;
    this.#basemap.refined = true;
    const file = this.#basemap.files.find(({ id }) => id === 'world');
    file.url = file.url.replace('world.geojson', 'world-fine.geojson');
    world.setData(file.url);
  }

  #draw(id) {
    const drawn = symbol(id, this.#ink);
    if (drawn && !this.#map.hasImage(id)) this.#map.addImage(id, drawn.image, drawn.options);
  }

  #hit({ x, y }) {
    for (const [id, marker] of this.#tiles) {
      const at = this.#map.project(marker.getLngLat());
      if (Math.hypot(at.x - x, at.y - y) < TILE_PX / 2) return ['incident', id];
    }
    const cluster = this.#clusters.at({ x, y }, HIT_SLACK_PX);
    // The ids of clusters are written in sixteen digits of sixteen.
    if (cluster !== undefined) return ['cluster', cluster.toString(16).padStart(16, '0')];
    const layers = ['sensors'].filter((id) => this.#map.getLayer(id));
    const box = [[x - HIT_SLACK_PX, y - HIT_SLACK_PX], [x + HIT_SLACK_PX, y + HIT_SLACK_PX]];
    const [sensor] = layers.length ? this.#map.queryRenderedFeatures(box, { layers }) : [];
    return sensor ? ['sensor', sensor.properties.id] : ['', ''];
  }

  #schedule() {
    if (this.#frame || !this.#ready) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      // The frame that is about to be drawn has what was sent before, and not yet what is sent now.
      this.#settle();
      for (const [name, held] of Object.entries(this.#held)) held.flush(this.#map.getSource(name));
      this.#sent = this.#held.sensors.features.size;
    });
  }

  /** A loaded source has its worker's answer to all that was sent. */
  #settle() {
    if (this.#ready && this.#map.isSourceLoaded('sensors')) this.#shown = this.#sent;
  }

  /** After a frame: what is drawn in it, in words that a test, a bench and a puzzled engineer can read beside the canvas. */
  #tell() {
    this.#settle();
    const told = this.#element.dataset;
    for (const [name, n] of Object.entries({ ...this.#clusters.drawn, sensors: this.#shown })) {
      if (n !== undefined && told[name] !== String(n)) told[name] = n;
    }
  }

  /** Longitude, latitude, zoom, then west, south, east, north of what is visible. */
  camera() {
    const { lng, lat } = this.#map.getCenter();
    const bounds = this.#map.getBounds();
    return Float64Array.of(lng, lat, this.#map.getZoom(), bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth());
  }

  /**
   * Puts and drops clusters. `numbers` holds lng, lat, n, n_worst, and the places of severity and rim for each id; `separator` is what
   * the language writes between thousands.
   */
  setClusters(ids, numbers, dropped, separator) {
    this.#clusters.change(ids, numbers, dropped, separator);
  }

  /** Says which situations there are, the first on top: of each its place with the corners of its outline, and its tile, where they are other than before. */
  setIncidents(ids, places, tiles) {
    const before = this.#tiles;
    this.#tiles = new Map();
    const { extents } = this.#held;
    ids.forEach((id, i) => {
      let marker = before.get(id);
      before.delete(id);
      // Whose tile is new, its place is told too.
      if (tiles[i]) {
        marker?.remove();
        marker = new maplibre.Marker({ element: tiles[i] }).setLngLat([places[i][0], places[i][1]]).addTo(this.#map);
      }
      this.#tiles.set(id, marker);
      const element = marker.getElement();
      if (element.style.zIndex !== String(ids.length - i)) element.style.zIndex = ids.length - i;
      if (!places[i]) return;
      const [lng, lat, ...corners] = places[i];
      marker.setLngLat([lng, lat]);
      if (corners.length < 6) {
        extents.drop(id);
        return;
      }
      const ring = Array.from({ length: corners.length / 2 }, (_, n) => [corners[2 * n], corners[2 * n + 1]]);
      const [, severity, rim] = element.className.split(' ');
      extents.put({
        type: 'Feature', id, geometry: { type: 'Polygon', coordinates: [ring] },
        properties: { id, severity, rim, at: corners.join() },
      });
    });
    for (const [id, marker] of before) {
      marker.remove();
      extents.drop(id);
    }
    this.#element.dataset.incidents = ids.length;
    this.#schedule();
  }

  /** Replaces the areas of the warnings in force: pages of GeoJSON as text. */
  setWarnings(pages) {
    const features = pages.flatMap((page) => JSON.parse(page).features).filter(({ geometry }) => geometry);
    this.#held.warnings.replace(features.map(({ id, geometry, properties: { severity, headline, event } }) => (
      { type: 'Feature', id, geometry, properties: { id, severity, label: headline ?? event } })));
    this.#element.dataset.warnings = features.length;
    this.#schedule();
  }

  /** Rings these places: lng and lat by turns. */
  setFound(numbers) {
    const ids = Array.from({ length: numbers.length / 2 }, (_, i) => i + 1);
    this.#held.found.replace(ids.map((id) => point(id, numbers[2 * id - 2], numbers[2 * id - 1], {})));
    this.#element.dataset.found = ids.length;
    this.#schedule();
  }

  /** Replaces the circles of doubt: lng, lat and radius in metres for each id. */
  setDoubt(ids, numbers) {
    this.#held.doubt.replace(ids.map((id, i) => circle(id, ...numbers.subarray(3 * i, 3 * i + 3))));
    this.#schedule();
  }

  /** Replaces the sensors. */
  setSensors(ids, numbers, states, labels) {
    this.#held.sensors.replace(ids.map((id, i) => point(id, numbers[2 * i], numbers[2 * i + 1], { state: states[i], label: labels[i] })));
    this.#schedule();
  }

  /** Rings the selected place, or none. */
  setSelected(places) {
    if (places.length) {
      this.#ring.setLngLat([places[0], places[1]]);
      if (!this.#ring.getElement().isConnected) this.#ring.addTo(this.#map);
    } else if (this.#ring.getElement().isConnected) this.#ring.remove();
  }

  setTheme(theme) {
    this.#theme = theme;
    this.#ink = inkOf(document.documentElement);
    this.#ready = false;
    this.#clusters.paint(this.#ink);
    Object.values(this.#held).forEach((held) => held.forget());
    this.#map.setStyle(this.#style(), { diff: false });
  }

  /** Moves the camera; only ever because a person asked for it. */
  goTo(lng, lat, zoom) {
    const there = { center: [lng, lat], zoom };
    this.#target = still() ? undefined : there;
    if (still()) this.#map.jumpTo(there);
    else this.#map.easeTo({ ...there, duration: GLIDE_MS });
  }

  resize() {
    this.#map.resize();
  }

  remove() {
    cancelAnimationFrame(this.#frame);
    this.#moveFreely();
    this.#clusters.remove();
    this.#map.remove();
  }
}

async function styleSheet() {
  if (document.getElementById('map-css')) return;
  const link = Object.assign(document.createElement('link'), { id: 'map-css', rel: 'stylesheet', href: '/map.css' });
  const loaded = new Promise((resolve) => { link.onload = link.onerror = resolve; });
  document.head.append(link);
  await loaded;
}

/** Makes the map in `element`. `basemap` is what the server answered, as JSON text. */
export async function createMap(element, options, basemap) {
  await styleSheet();
  const described = JSON.parse(basemap);
  if (described.kind === 'pmtiles') {
    const { Protocol } = await import('./pmtiles.mjs');
    maplibre.addProtocol('pmtiles', new Protocol().tile);
    described.url = new URL(described.url, location.href).href;
  }
  if (described.kind === 'style' && !described.style) {
    // Its host may be out of reach: then the outlines are drawn, which the answer names too.
    const answer = await fetch(described.url, { credentials: 'omit' }).catch(() => null);
    described.style = answer?.ok ? await answer.json().catch(() => null) : null;
  }
  return new Facade(element, options, described);
}
