// Starts the partner desk, or opens the door before it: the counterpart of boot.mjs for a page that has no map.
import { memory, openDoor } from './door.mjs';

const theme = memory.recall('theme');
if (theme === 'night' || theme === 'day') document.documentElement.dataset.theme = theme;

const named = (name) => document.querySelector(`meta[name=${name}]`).content;
const app = new URL(named('app-js'), location.href).href;
const wasm = new URL(named('app-wasm'), location.href).href;

// The desk asks for charts by this name (app/src/map/interop.rs), once somebody looks at a history.
globalThis.talaiaChart = () => import('./chart.mjs');

// Without TLS a browser has no clipboard to give: then the text is marked, and a person copies it.
globalThis.talaiaCopy = async (text, element) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    return false;
  }
};

function prefetch() {
  document.head.append(
    Object.assign(document.createElement('link'), { rel: 'modulepreload', href: app }),
    Object.assign(document.createElement('link'), { rel: 'preload', as: 'fetch', href: wasm, crossOrigin: 'anonymous' }),
  );
}

async function startDesk() {
  const note = document.getElementById('starting');
  note.hidden = false;
  try {
    const { default: start } = await import(app);
    await start({ module_or_path: fetch(wasm) });
  } catch (cause) {
    note.textContent = note.dataset.failed;
    throw cause;
  }
}

// The desk sends a person whose session ended back here with `#door`, the rest of the address kept.
const mode = new URLSearchParams(location.search).get('mode');
if (location.hash !== '#door' && (mode === 'live' || mode === 'exercise')) {
  await startDesk();
} else {
  openDoor({
    prefetch,
    enter(chosen) {
      const query = new URLSearchParams(location.search);
      query.set('mode', chosen);
      history.replaceState(null, '', `?${query.toString().replaceAll('%3A', ':').replaceAll('%2F', '/')}`);
      startDesk();
    },
  });
}
