// Draws every symbol of the map on a canvas, when the map first asks for it: no sprite is ever fetched.
// A name is `shape|rim|theme`, so a change of theme asks for new ones. Shapes and rims are those of the list.

/** The severities from worst to unknown, with the letter that says the same as shape and colour. */
export const SEVERITIES = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown'];
const LETTERS = { Extreme: 'E', Severe: 'S', Moderate: 'M', Minor: '', Unknown: '?' };

/** Twice the size on screen, so that edges stay crisp on any display. */
export const PIXEL_RATIO = 2;
const SIZE = 36;

function outline(path, severity, inset) {
  const c = SIZE / 2;
  const r = c - inset;
  const polygon = (points) => {
    points.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
    path.closePath();
  };
  switch (severity) {
    case 'Extreme':
      polygon(
        Array.from({ length: 8 }, (_, i) => {
          const a = Math.PI / 8 + (i * Math.PI) / 4;
          return [c + r * Math.cos(a), c + r * Math.sin(a)];
        }),
      );
      break;
    case 'Severe':
      polygon([[c, inset], [SIZE - inset * 0.6, SIZE - inset * 1.5], [inset * 0.6, SIZE - inset * 1.5]]);
      break;
    case 'Moderate':
      polygon([[c, inset * 0.6], [SIZE - inset * 0.6, c], [c, SIZE - inset * 0.6], [inset * 0.6, c]]);
      break;
    case 'Minor':
      path.arc(c, c, r - 1, 0, 2 * Math.PI);
      break;
    default:
      path.rect(inset + 2, inset + 2, SIZE - 2 * inset - 4, SIZE - 2 * inset - 4);
  }
}

function canvas(width, height) {
  const element = document.createElement('canvas');
  element.width = width * PIXEL_RATIO;
  element.height = height * PIXEL_RATIO;
  const pen = element.getContext('2d');
  pen.scale(PIXEL_RATIO, PIXEL_RATIO);
  return pen;
}

function pixels(pen) {
  return pen.getImageData(0, 0, pen.canvas.width, pen.canvas.height);
}

function severitySymbol(severity, rim, ink) {
  const pen = canvas(SIZE, SIZE);
  const colour = ink[severity.toLowerCase()];
  const filled = rim === 'solid-fill';
  const heavy = severity === 'Extreme' ? 3 : 2.2;
  const path = new Path2D();
  outline(path, severity, 4);
  pen.lineJoin = 'round';
  // A dark halo keeps the rim apart from roads and water of any colour.
  pen.strokeStyle = ink.ground;
  pen.lineWidth = heavy + 3;
  pen.stroke(path);
  pen.fillStyle = filled ? colour : rim === 'refuted' ? ink.raised : ink.panel;
  pen.fill(path);
  if (!filled && rim !== 'refuted') {
    // Hollow, with a breath of its colour: found at once on a busy map, never mistaken for confirmed.
    pen.globalAlpha = 0.16;
    pen.fillStyle = colour;
    pen.fill(path);
    pen.globalAlpha = 1;
  }
  pen.strokeStyle = rim === 'refuted' ? ink.unknown : filled && severity === 'Extreme' ? '#ffffff' : colour;
  pen.lineWidth = heavy;
  pen.setLineDash(rim === 'dashed' ? [4, 2.6] : []);
  pen.stroke(path);
  pen.setLineDash([]);
  pen.font = `700 15px Inter, system-ui, sans-serif`;
  pen.textAlign = 'center';
  pen.textBaseline = 'alphabetic';
  pen.fillStyle = filled ? ink.onFill : rim === 'refuted' ? ink.unknown : colour;
  pen.fillText(LETTERS[severity], SIZE / 2, severity === 'Severe' ? 27.5 : 23.4);
  if (rim === 'refuted') {
    pen.beginPath();
    pen.moveTo(6, 6);
    pen.lineTo(SIZE - 6, SIZE - 6);
    pen.strokeStyle = ink.ink2;
    pen.lineWidth = 2;
    pen.stroke();
  }
  return { image: pixels(pen), options: { pixelRatio: PIXEL_RATIO } };
}

/** The plate behind a label; it stretches with the text. */
function plate(ink) {
  const pen = canvas(24, 20);
  pen.beginPath();
  pen.roundRect(0.5, 0.5, 23, 19, 3);
  pen.fillStyle = ink.plate;
  pen.fill();
  pen.strokeStyle = ink.line;
  pen.lineWidth = 1;
  pen.stroke();
  const px = PIXEL_RATIO;
  return {
    image: pixels(pen),
    options: {
      pixelRatio: px,
      stretchX: [[6 * px, 18 * px]],
      stretchY: [[6 * px, 14 * px]],
      content: [5 * px, 2 * px, 19 * px, 18 * px],
    },
  };
}

function sensorSquare(state, ink) {
  const pen = canvas(16, 16);
  pen.strokeStyle = ink.ground;
  pen.lineWidth = 4;
  pen.strokeRect(3, 3, 10, 10);
  pen.fillStyle = ink.panel;
  pen.fillRect(3, 3, 10, 10);
  pen.strokeStyle = state === 'late' ? ink.moderate : ink.ink2;
  pen.lineWidth = 1.6;
  pen.strokeRect(3, 3, 10, 10);
  if (state === 'late') {
    // Hatched: the value shown is old.
    pen.lineWidth = 1;
    for (let x = 4; x < 20; x += 3) {
      pen.beginPath();
      pen.moveTo(Math.min(x, 12.5), Math.max(3.5, x - 9));
      pen.lineTo(Math.max(3.5, x - 9), Math.min(x, 12.5));
      pen.stroke();
    }
  } else {
    pen.fillStyle = ink.ink2;
    pen.fillRect(6.5, 6.5, 3, 3);
  }
  return { image: pixels(pen), options: { pixelRatio: PIXEL_RATIO } };
}

/**
 * The symbol of a name, or undefined for a name that is not ours.
 * @param {string} name such as `Severe|dashed|night`, `plate||night`, `sensor|late|night`
 * @param {Record<string, string>} ink the theme's colours
 */
export function symbol(name, ink) {
  const [shape, rim] = name.split('|');
  if (SEVERITIES.includes(shape)) return severitySymbol(shape, rim, ink);
  if (shape === 'plate') return plate(ink);
  if (shape === 'sensor') return sensorSquare(rim, ink);
  return undefined;
}
