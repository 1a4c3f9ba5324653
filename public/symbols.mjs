// Draws every symbol of the map with a pen: no sprite is ever fetched. Those of clusters and the plate of their labels go onto
// one texture (atlas.mjs); those of sensors are images that the map asks for by name.

/** The font of the map's words: of this machine, never fetched. */
export const FONT = ['Inter', 'system-ui', 'sans-serif'];

/** The severities from worst to unknown, with the letter that says the same as shape and colour. */
export const SEVERITIES = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown'];
/** What a rim can say, in the order of `Rim` in app/src/map/marks.rs. */
export const RIMS = ['dashed', 'solid', 'solid-fill', 'refuted'];
const LETTERS = { Extreme: 'E', Severe: 'S', Moderate: 'M', Minor: '', Unknown: '?' };

/** Twice the size on screen, so that edges stay crisp on any display. */
const PIXEL_RATIO = 2;
/** The side of a severity's symbol, and the box of the plate, in the pen's own units. */
export const SIZE = 36;
export const PLATE = { width: 24, height: 18 };

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

/** A severity's symbol in the square from 0 to SIZE. */
export function drawSeverity(pen, severity, rim, ink) {
  const colour = ink[severity.toLowerCase()];
  const filled = rim === 'solid-fill';
  const heavy = severity === 'Extreme' ? 2.6 : 2.2;
  const path = new Path2D();
  outline(path, severity, 4);
  pen.lineJoin = 'round';
  // A dark halo keeps the rim apart from roads and water of any colour.
  pen.strokeStyle = ink.ground;
  pen.lineWidth = heavy + (severity === 'Extreme' ? 4 : 3);
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
  pen.setLineDash(rim === 'dashed' ? [4, 2.6] : []);
  const worst = severity === 'Extreme' && rim !== 'refuted';
  if (worst) {
    // Red is dark to whoever sees no colours: the worst is edged in what stands out most.
    pen.strokeStyle = ink.ink;
    pen.lineWidth = heavy + 2.6;
    pen.stroke(path);
  }
  pen.strokeStyle = rim === 'refuted' ? ink.unknown : colour;
  pen.lineWidth = heavy;
  pen.stroke(path);
  pen.setLineDash([]);
  pen.font = `700 15px ${FONT.join(', ')}`;
  pen.textAlign = 'center';
  pen.textBaseline = 'alphabetic';
  pen.fillStyle = filled ? ink.onFill : rim === 'refuted' ? ink.unknown : worst ? ink.ink : colour;
  pen.fillText(LETTERS[severity], SIZE / 2, severity === 'Severe' ? 27.5 : 23.4);
  if (rim === 'refuted') {
    pen.beginPath();
    pen.moveTo(6, 6);
    pen.lineTo(SIZE - 6, SIZE - 6);
    pen.strokeStyle = ink.ink2;
    pen.lineWidth = 2;
    pen.stroke();
  }
}

/** The radius of a mark's outline: smaller than a symbol that speaks, and still its shape. */
const MARK = 7;

/** A severity's mark around the middle: shape and colour of the symbol, too small for letter and dashes. */
export function drawMark(pen, severity, rim, ink) {
  const scale = MARK / (SIZE / 2 - 4);
  const path = new Path2D();
  const shape = new Path2D();
  outline(shape, severity, 4);
  path.addPath(shape, new DOMMatrix([scale, 0, 0, scale, -scale * SIZE / 2, -scale * SIZE / 2]));
  const colour = rim === 'refuted' ? ink.unknown : ink[severity.toLowerCase()];
  pen.lineJoin = 'round';
  pen.strokeStyle = ink.ground;
  pen.lineWidth = 4;
  pen.stroke(path);
  pen.fillStyle = rim === 'solid-fill' ? colour : ink.panel;
  pen.fill(path);
  pen.strokeStyle = colour;
  pen.lineWidth = severity === 'Extreme' ? 2.4 : 1.8;
  pen.stroke(path);
}

/** The plate behind a label; its middle stretches with the text. */
export function drawPlate(pen, ink) {
  pen.beginPath();
  pen.roundRect(0.5, 0.5, PLATE.width - 1, PLATE.height - 1, 3);
  pen.fillStyle = ink.plate;
  pen.fill();
  pen.strokeStyle = ink.line;
  pen.lineWidth = 1;
  pen.stroke();
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
 * The image of a name, or undefined for a name that is not ours.
 * @param {string} name such as `sensor|late|night`; with the theme in it, so that a change of theme asks for new ones
 * @param {Record<string, string>} ink the theme's colours
 */
export function symbol(name, ink) {
  const [shape, state] = name.split('|');
  return shape === 'sensor' ? sensorSquare(state, ink) : undefined;
}
