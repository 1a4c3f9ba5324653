// Starts the desk, or opens the door before it. This file exists because the page allows no inline script; the names
// of the two built files carry a hash, so index.html holds them and this file reads them from there.
import { memory, openDoor } from './door.mjs';

// The theme is set before the first paint, so that a night room never sees a white flash.
const theme = memory.recall('theme');
if (theme === 'night' || theme === 'day') document.documentElement.dataset.theme = theme;

const named = (name) => document.querySelector(`meta[name=${name}]`).content;
const app = new URL(named('app-js'), location.href).href;
const wasm = new URL(named('app-wasm'), location.href).href;

// The map is fetched beside the app, not after it; the app asks for it by this name (app/src/map/interop.rs).
globalThis.talaiaMap = () => import('./map.mjs');
const fetchMap = () => globalThis.talaiaMap().catch(() => undefined);

function prefetch() {
  document.head.append(
    Object.assign(document.createElement('link'), { rel: 'modulepreload', href: app }),
    Object.assign(document.createElement('link'), { rel: 'preload', as: 'fetch', href: wasm, crossOrigin: 'anonymous' }),
  );
  fetchMap();
}

async function startDesk() {
  const note = document.getElementById('starting');
  note.hidden = false;
  try {
    fetchMap();
    const { default: start } = await import(app);
    await start({ module_or_path: fetch(wasm) });
  } catch (cause) {
    note.textContent = note.dataset.failed;
    throw cause;
  }
}

// The app sends a person whose session ended back here with `#door`, the rest of the address kept.
const mode = new URLSearchParams(location.search).get('mode');
if (location.hash !== '#door' && (mode === 'live' || mode === 'exercise')) {
  await startDesk();
} else {
  openDoor({
    prefetch,
    enter(chosen) {
      const query = new URLSearchParams(location.search);
      query.set('mode', chosen);
      // Commas and colons stay readable: the app writes them so.
      const text = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%2F', '/');
      history.replaceState(null, '', `?${text}`);
      startDesk();
    },
  });
}
