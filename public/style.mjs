// The map's style: basemap layers for each kind of basemap, then the layers of the room on top.
// Nothing here names a glyph or sprite address: text is drawn from the fonts of the machine.
import { FONT } from './symbols.mjs';

const kind = ['coalesce', ['get', 'kind'], ['get', 'pmap:kind'], ''];
const among = (...kinds) => ['in', kind, ['literal', kinds]];

/** The layers over a PMTiles file in the Protomaps schema; `pmap:kind` is the older one's word for `kind`. */
function protomapsLayers(ink) {
  const fill = (id, layer, colour, filter) => ({
    id, type: 'fill', source: 'base', 'source-layer': layer, ...(filter && { filter }),
    paint: { 'fill-color': colour, 'fill-antialias': true },
  });
  const road = (id, filter, colour, widths, minzoom) => ({
    id, type: 'line', source: 'base', 'source-layer': 'roads', filter, minzoom,
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': colour, 'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], ...widths] },
  });
  const label = (id, layer, filter, size, colour, extra) => ({
    id, type: 'symbol', source: 'base', 'source-layer': layer, filter, ...extra,
    layout: {
      'text-field': ['coalesce', ['get', 'name'], ['get', 'name:en'], ''], 'text-font': FONT, 'text-size': size,
      'text-max-width': 8, ...(extra?.layout ?? {}),
    },
    paint: { 'text-color': colour, 'text-halo-color': ink.land, 'text-halo-width': 1.4 },
  });
  return [
    fill('earth', 'earth', ink.land),
    fill('green', 'landuse', ink.raised, among('park', 'forest', 'wood', 'nature_reserve', 'cemetery', 'grass')),
    fill('green-older', 'natural', ink.raised, ['in', ['coalesce', ['get', 'landuse'], ['get', 'natural'], ['get', 'leisure'], ''],
      ['literal', ['forest', 'wood', 'scrub', 'meadow', 'park']]]),
    fill('water', 'water', ink.water, ['==', ['geometry-type'], 'Polygon']),
    {
      id: 'waterway', type: 'line', source: 'base', 'source-layer': 'water', filter: ['==', ['geometry-type'], 'LineString'],
      paint: { 'line-color': ink.water, 'line-width': ['interpolate', ['linear'], ['zoom'], 8, 1, 16, 4] },
    },
    {
      id: 'waterway-older', type: 'line', source: 'base', 'source-layer': 'physical_line',
      paint: { 'line-color': ink.water, 'line-width': ['interpolate', ['linear'], ['zoom'], 8, 1, 16, 4] },
    },
    { ...fill('buildings', 'buildings', ink.raised), minzoom: 14 },
    road('paths', among('path', 'other'), ink.road, [14, 0.5, 18, 2], 14),
    road('streets', among('minor_road'), ink.road, [12, 0.4, 18, 9], 12),
    road('roads', among('medium_road', 'major_road'), ink.roadMajor, [7, 0.4, 18, 13], 7),
    road('highways', among('highway'), ink.roadMajor, [5, 0.6, 18, 17], 5),
    road('rail', among('rail'), ink.border, [10, 0.4, 18, 1.6], 11),
    {
      id: 'rail-older', type: 'line', source: 'base', 'source-layer': 'transit', minzoom: 11, filter: ['in', kind, ['literal', ['railway', 'rail']]],
      paint: { 'line-color': ink.border, 'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], 10, 0.4, 18, 1.6] },
    },
    {
      id: 'boundaries', type: 'line', source: 'base', 'source-layer': 'boundaries',
      paint: { 'line-color': ink.border, 'line-width': 1, 'line-dasharray': [3, 2] },
    },
    label('street-names', 'roads', ['has', 'name'], 11.5, ink.place, {
      minzoom: 14, layout: { 'symbol-placement': 'line' },
    }),
    label('places', 'places', among('neighbourhood', 'locality', 'suburb', 'quarter', 'macrohood'), 13, ink.place, {}),
  ];
}

/** The layers over the bundled outlines: the last resort, when no basemap is set. */
function outlineLayers(files, ink) {
  const layers = [];
  const paint = {
    land: (id) => [{ id, type: 'fill', source: id, paint: { 'fill-color': ink.land } },
      { id: `${id}-rim`, type: 'line', source: id, paint: { 'line-color': ink.border, 'line-width': 0.8 } }],
    water: (id) => [{ id, type: 'line', source: id,
      paint: { 'line-color': ink.water, 'line-width': ['interpolate', ['linear'], ['zoom'], 9, 1.5, 16, 8] } }],
    sea: (id) => [{ id, type: 'fill', source: id, paint: { 'fill-color': ink.sea } }],
    districts: (id) => [
      { id: `${id}-fill`, type: 'fill', source: id, filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': ink.land } },
      { id, type: 'line', source: id, paint: { 'line-color': ink.border, 'line-width': ['interpolate', ['linear'], ['zoom'], 9, 0.8, 16, 2] } },
    ],
    streets: (id) => [
      { id, type: 'line', source: id, layout: { 'line-cap': 'round', 'line-join': 'round' },
        paint: { 'line-color': ink.roadMajor, 'line-width': ['interpolate', ['exponential', 1.5], ['zoom'], 9, 0.5, 18, 12] } },
      { id: `${id}-names`, type: 'symbol', source: id, minzoom: 13.2,
        layout: { 'symbol-placement': 'line', 'text-field': ['coalesce', ['get', 'name'], ''], 'text-font': FONT, 'text-size': 11.5 },
        paint: { 'text-color': ink.place, 'text-halo-color': ink.land, 'text-halo-width': 1.4 } },
    ],
    places: (id) => [{ id, type: 'symbol', source: id, minzoom: 9,
      layout: { 'text-field': ['coalesce', ['get', 'name'], ''], 'text-font': FONT,
        'text-size': ['interpolate', ['linear'], ['zoom'], 9, 11, 14, 14], 'text-max-width': 8 },
      paint: { 'text-color': ink.place, 'text-halo-color': ink.land, 'text-halo-width': 1.6 } }],
  };
  for (const { id, role } of files) layers.push(...(paint[role] ?? paint.land)(id));
  return layers;
}

/** The layers of the room, over whatever basemap. Above them stand the clusters, on a canvas of their own, and the ring. */
function roomLayers(theme, ink) {
  const tone = ['match', ['get', 'severity'], 'Extreme', ink.extreme, 'Severe', ink.severe, 'Moderate', ink.moderate, 'Minor', ink.minor, ink.unknown];
  const colour = ['case', ['==', ['get', 'rim'], 'refuted'], ink.unknown, tone];
  const dashed = ['==', ['get', 'rim'], 'dashed'];
  const outline = (id, filter, dash) => ({
    id, type: 'line', source: 'extents', filter, paint: { 'line-color': colour, 'line-width': 2, ...dash },
  });
  return [
    { id: 'warnings', type: 'line', source: 'warnings', paint: { 'line-color': tone, 'line-width': 2, 'line-dasharray': [1.5, 1.5] } },
    { id: 'warning-names', type: 'symbol', source: 'warnings',
      layout: { 'symbol-placement': 'line', 'text-field': ['get', 'label'], 'text-font': FONT, 'text-size': 12, 'symbol-spacing': 400 },
      paint: { 'text-color': ink.ink2, 'text-halo-color': ink.ground, 'text-halo-width': 1.6 } },
    { id: 'extents', type: 'fill', source: 'extents', paint: { 'fill-color': colour, 'fill-opacity': 0.14 } },
    outline('extent-rim', ['!', dashed], {}),
    outline('extent-dashes', dashed, { 'line-dasharray': [4, 2.6] }),
    { id: 'doubt', type: 'fill', source: 'doubt', paint: { 'fill-color': ink.ink2, 'fill-opacity': 0.08 } },
    { id: 'doubt-rim', type: 'line', source: 'doubt',
      paint: { 'line-color': ink.ink2, 'line-width': 1.2, 'line-dasharray': [3, 3], 'line-opacity': 0.8 } },
    { id: 'found', type: 'circle', source: 'found',
      paint: { 'circle-radius': 15, 'circle-opacity': 0, 'circle-stroke-width': 3, 'circle-stroke-color': ink.focus } },
    { id: 'sensors', type: 'symbol', source: 'sensors',
      layout: { 'icon-image': ['concat', 'sensor|', ['get', 'state'], `|${theme}`], 'icon-allow-overlap': true, 'icon-ignore-placement': true,
        'icon-size': ['interpolate', ['linear'], ['zoom'], 10, 0.75, 14, 1.1] } },
    { id: 'sensor-values', type: 'symbol', source: 'sensors', minzoom: 14,
      layout: { 'text-field': ['get', 'label'], 'text-font': FONT, 'text-size': 12, 'text-offset': [0, 1.1],
        'text-anchor': 'top', 'text-max-width': 14, 'text-optional': true },
      paint: { 'text-color': ink.ink2, 'text-halo-color': ink.ground, 'text-halo-width': 1.6 } },
  ];
}

/**
 * The whole style.
 * @param {object} basemap what the server says of its basemap, with `files` for the bundled outlines
 * @param {string} theme `night` or `day`
 * @param {Record<string, string>} ink the theme's colours
 * @param {Record<string, object>} held the room's own features, by source
 */
export function style(basemap, theme, ink, held) {
  const sources = {};
  let layers = [];
  if (basemap.kind === 'pmtiles') {
    sources.base = { type: 'vector', url: `pmtiles://${basemap.url}`, attribution: basemap.attribution ?? '' };
    layers = protomapsLayers(ink);
  } else if (basemap.kind === 'style' && basemap.style) {
    Object.assign(sources, basemap.style.sources);
    // Glyphs and sprites would come from another host: text is drawn here, icons of the basemap are left out.
    layers = basemap.style.layers
      .filter((layer) => !('fill-pattern' in (layer.paint ?? {}) || 'line-pattern' in (layer.paint ?? {})))
      .map((layer) => {
        if (layer.type !== 'symbol') return layer;
        const layout = Object.fromEntries(Object.entries(layer.layout ?? {}).filter(([name]) => !name.startsWith('icon-')));
        return { ...layer, layout: { ...layout, 'text-font': FONT } };
      });
  } else {
    for (const { id, url } of basemap.files ?? []) sources[id] = { type: 'geojson', data: url };
    layers = outlineLayers(basemap.files ?? [], ink);
  }
  for (const [name, features] of Object.entries(held)) {
    sources[name] = { type: 'geojson', promoteId: 'id', data: { type: 'FeatureCollection', features } };
  }
  return {
    version: 8,
    sources,
    layers: [
      { id: 'background', type: 'background', paint: { 'background-color': ink.sea } },
      ...layers,
      ...roomLayers(theme, ink),
    ],
  };
}
