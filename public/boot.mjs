// Starts the app. This file exists because the page allows no inline script; the names of the two built
// files carry a hash, so index.html holds them and this file reads them from there.
const app = document.getElementById('app-js').href;
const wasm = document.getElementById('app-wasm').href;

// A desk that was opened before will need the map at once: fetch it beside the app, not after it.
// A first visit ends on the sign-in page, which stays light; the map follows with the first key typed there.
globalThis.talaiaMap = () => import('./map.mjs');
const fetchMap = () => globalThis.talaiaMap().catch(() => undefined);
try {
  if (localStorage.getItem('talaia.mode')) fetchMap();
  else addEventListener('input', fetchMap, { once: true });
} catch {
  addEventListener('input', fetchMap, { once: true });
}

// The theme is set before the first paint, so that a night room never sees a white flash.
try {
  const theme = localStorage.getItem('talaia.theme');
  if (theme === 'night' || theme === 'day') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the system's own preference decides.
}

try {
  const { default: start } = await import(app);
  await start({ module_or_path: wasm });
} catch (cause) {
  const note = document.getElementById('starting');
  if (note) note.textContent = note.dataset.failed;
  throw cause;
}
