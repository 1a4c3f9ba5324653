// A trap around a page: whatever hostile text could do leaves a trace here. And a measure of the order in which words are drawn.
import type { Page } from '@playwright/test';
import { PAYLOADS } from './payloads';

/** Elements that the app has none of, so that one of them came out of a text. */
const FOREIGN = 'iframe,object,embed,applet,base,frame,frameset,marquee,math,xmp,plaintext,audio,video,source,picture,animate,set,foreignObject,annotation-xml,mglyph,portal';

export class Trap {
  readonly #sprung: string[] = [];
  readonly #page: Page;
  readonly #own: string;

  private constructor(page: Page, own: string) {
    this.#page = page;
    this.#own = own;
  }

  /** Before anything is loaded. `own` is the one origin that may be asked. */
  static async around(page: Page, own: string): Promise<Trap> {
    const trap = new Trap(page, own);
    const note = (what: string) => void trap.#sprung.push(what);
    await page.exposeFunction('strike', (n: unknown) => note(`payload ${n} was executed`));
    await page.exposeFunction('noted', note);
    await page.addInitScript(() => {
      const noted = (window as unknown as { noted(what: string): void }).noted;
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
        noted(`the policy stopped ${violatedDirective} ${blockedURI} ${sample}`);
      });
    });
    page.on('dialog', (dialog) => {
      note(`a dialog said ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('popup', (popup) => note(`a window was opened: ${popup.url()}`));
    page.on('request', (request) => {
      const url = new URL(request.url());
      const isForeign = url.protocol.startsWith('http') && url.origin !== own;
      // Of a sensor the app asks by its name, below its own addresses; and a search by what was typed.
      const isNamed = url.pathname.startsWith('/api/v1/');
      if (isForeign || (url.pathname.includes('beacon') && !isNamed)) note(`asked for ${request.url().slice(0, 200)}`);
    });
    page.on('framenavigated', (frame) => {
      if (frame !== page.mainFrame() || !frame.url().startsWith(own)) note(`went to ${frame.url().slice(0, 200)}`);
    });
    page.on('pageerror', (error) => note(`an error: ${error.message}`));
    page.on('console', (message) => {
      // An answer that is no success is noted by the browser itself: of a sensor without a passport there is none.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) note(`the console says: ${message.text().slice(0, 300)}`);
    });
    return trap;
  }

  /** What is caught so far, and what stands in the page now that no text may bring. */
  async caught(): Promise<string[]> {
    const standing = await this.#page.evaluate(({ foreign, own }) => {
      const found: string[] = [];
      const steers = ['href', 'src', 'action', 'formaction', 'xlink:href', 'data', 'srcdoc', 'srcset', 'poster', 'style', 'http-equiv'];
      for (const element of document.querySelectorAll('*')) {
        const name = element.localName;
        if (element.matches(foreign)) found.push(`<${name}> stands in the page`);
        if (name === 'script' && (!(element as HTMLScriptElement).src.startsWith(own) || element.textContent)) found.push('a script stands in the page');
        for (const { name: attribute, value } of element.attributes) {
          if (attribute === 'data-hostile' || attribute.startsWith('on')) found.push(`<${name} ${attribute}=${value}>`);
          if (steers.includes(attribute) && /beacon|^\s*(javascript|vbscript|data:text|data:image\/svg)/i.test(value)) {
            // The link of a report may lead anywhere on the web: it says so, and is followed by hand.
            if (name !== 'a' || !/^https?:/.test(value)) found.push(`<${name} ${attribute}=${value}>`);
          }
        }
      }
      for (const key of Object.keys(Object.prototype)) found.push(`every object has ${key}`);
      return [...new Set(found)];
    }, { foreign: FOREIGN, own: this.#own });
    return [...this.#sprung, ...standing];
  }
}

/** A line whose words are in part a stranger's: where ours stand in it. */
export interface Spoken {
  /** Which elements. */
  selector: string;
  /** Whose text within them is a stranger's. */
  strangers: string;
}

/**
 * Lines in which words of ours are drawn in another order than they are written. Looks at where each letter is on the screen: within a line,
 * those of ours go from left to right, and where a stranger's words begin and end is known by what they stand in or by the marks around them.
 */
export async function turned(page: Page, spoken: Spoken[]): Promise<{ lines: number; turned: string[] }> {
  return await page.evaluate((all) => {
    const found: string[] = [];
    let lines = 0;
    for (const { selector, strangers } of all) {
      for (const line of document.querySelectorAll(selector)) {
        if (!line.checkVisibility()) continue;
        lines += 1;
        const walk = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        let before: DOMRect | undefined;
        let depth = 0;
        for (let node = walk.nextNode() as Text | null; node; node = walk.nextNode() as Text | null) {
          const isTheirs = strangers !== '' && node.parentElement?.closest(strangers);
          for (let at = 0; at < node.data.length; at += 1) {
            const letter = node.data[at];
            // Where a word may be broken no letter stands.
            if (isTheirs || letter === '\u00ad') continue;
            if (letter === '\u2068' || letter === '\u2066' || letter === '\u2067') depth += 1;
            else if (letter === '\u2069') depth -= 1;
            else if (depth === 0 && letter.trim()) {
              const range = document.createRange();
              range.setStart(node, at);
              range.setEnd(node, at + 1);
              // At the start of a line the end of the one before may belong to it.
              const box = [...range.getClientRects()].at(-1);
              if (!box?.width) continue;
              const isSameLine = before && Math.abs(before.top - box.top) < box.height / 2;
              if (before && isSameLine && box.left < before.left) {
                found.push(`${selector}: «${line.textContent?.slice(0, 120)}» at «${node.data.slice(at, at + 12)}»`);
                at = node.data.length;
              }
              before = box;
            }
          }
        }
      }
    }
    return { lines, turned: found };
  }, spoken);
}

/** What the server keeps of a text: all of it, without white space at its ends. */
export const kept = (text: string) => text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '');

/** A text without the marks that set it apart. */
export const said = (text: string) => text.replace(/[\u2066-\u2069]/g, '');

/** A payload by its place in the round. */
export const payload = (at: number) => PAYLOADS[at % PAYLOADS.length];
