// The door: name, password, and where to work. It is a plain page and a few lines, so that a person can sign in before
// the app and the map have come; both travel while the password is typed. Live and exercise are chosen here and
// nowhere else. Its words are those of app/locales, put beside this file by app/assets.mjs.
import { words } from './door-words.mjs';

const SESSION = '/api/v1/session';

/** The browser's storage; where it is switched off, nothing is remembered and all works. */
export const memory = {
  recall(name) {
    try {
      return localStorage.getItem(`talaia.${name}`);
    } catch {
      return null;
    }
  },
  keep(name, value) {
    try {
      localStorage.setItem(`talaia.${name}`, value);
    } catch {
      // A preference lost, nothing else.
    }
  },
};

const door = document.getElementById('door');
const form = door.querySelector('form');
const problem = document.getElementById('problem');
const submit = form.querySelector('[type=submit]');
let known = null;
let said = null;
let busy = false;

function language() {
  const asked = [memory.recall('language'), ...navigator.languages].find((tag) => tag?.slice(0, 2) in words);
  return asked?.slice(0, 2) ?? 'en';
}

function fill(text, values) {
  return text.replace(/\{\{ (\w+) \}\}/g, (_, name) => values[name] ?? '');
}

function speak() {
  const lang = language();
  const sentences = words[lang];
  document.documentElement.lang = lang;
  for (const element of door.querySelectorAll('[data-word]')) element.textContent = sentences[element.dataset.word];
  for (const element of door.querySelectorAll('[data-label]')) {
    element.setAttribute('aria-label', sentences[element.dataset.label]);
  }
  form.elements.language.value = lang;
  submit.textContent = known ? fill(sentences.continue_as, known) : busy ? sentences.busy : sentences.submit;
  problem.textContent = said ? fill(sentences[said.word], said) : '';
}

function night() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'night' : !matchMedia('(prefers-color-scheme: light)').matches;
}

async function refusal(answer) {
  if (answer.status === 401) return { word: 'wrong' };
  if (answer.status === 429) return { word: 'many' };
  if (answer.status >= 502 && answer.status <= 504) return { word: 'unreachable' };
  const { detail } = await answer.json().catch(() => ({ detail: `HTTP ${answer.status}` }));
  return { word: 'refused', detail };
}

async function signIn() {
  const { name, password } = form.elements;
  const body = JSON.stringify({ name: name.value.trim(), password: password.value });
  try {
    const answer = await fetch(SESSION, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return answer.ok ? null : await refusal(answer);
  } catch {
    return { word: 'unreachable' };
  }
}

/**
 * Opens the door. `prefetch` is called at the first sign of a person, `enter` once, with the mode, when one is in.
 * @param {{ prefetch: () => void, enter: (mode: string) => void }} then
 */
export async function openDoor({ prefetch, enter }) {
  const go = () => {
    const mode = form.elements.mode.value;
    memory.keep('mode', mode);
    memory.keep('signed-in', 'yes');
    // The password must not stay in the page.
    door.remove();
    enter(mode);
  };
  const asked = new URLSearchParams(location.search).get('mode') ?? memory.recall('mode');
  form.elements.mode.value = asked === 'exercise' ? 'exercise' : 'live';
  const frame = () => door.classList.toggle('drill', form.elements.mode.value === 'exercise');
  form.addEventListener('input', prefetch, { once: true });
  form.addEventListener('change', ({ target }) => {
    if (target.name === 'language') memory.keep('language', target.value);
    frame();
    speak();
  });
  document.getElementById('door-theme').addEventListener('click', () => {
    const theme = night() ? 'day' : 'night';
    document.documentElement.dataset.theme = theme;
    memory.keep('theme', theme);
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (known) return go();
    if (busy) return;
    busy = true;
    said = null;
    prefetch();
    speak();
    said = await signIn();
    busy = false;
    if (!said) return go();
    speak();
    form.elements.password.value = '';
    form.elements.password.focus();
  });
  frame();
  speak();
  document.getElementById('starting')?.setAttribute('hidden', '');
  door.hidden = false;
  form.elements.name.focus();
  // Somebody was signed in on this machine: then only the choice of where to work may be missing.
  if (memory.recall('signed-in')) {
    const answer = await fetch(SESSION).catch(() => null);
    if (answer?.ok) {
      known = await answer.json();
      document.getElementById('door-person').hidden = true;
      document.getElementById('door-known').hidden = false;
      for (const name of ['name', 'password']) form.elements[name].required = false;
      prefetch();
      speak();
    }
  }
}
