// The texture of the cluster layer: every severity in every rim, large and small, the plate of a label and a strip of its glyphs, drawn once for
// a theme and a pixel ratio. Each is drawn at the very size in which it is shown, so that a pixel of it is a pixel of the screen.
import { FONT, PLATE, RIMS, SEVERITIES, SIZE, drawMark, drawPlate, drawSeverity } from './symbols.mjs';

/** On screen a symbol is a little larger than its drawing. */
const SCALE = 1.1;
const TEXT_PX = 13;
/** A little heavier than text, where the font has it; bold would make the plates wide. */
const TEXT_WEIGHT = 500;
/** How much of a space's width is kept beside the slash: every pixel of a label is one that its neighbours lack. */
const THIN = 0.6;
/** Room of the plate left and right of its text, and how much of its ends keeps its form when the middle stretches. */
const PAD_PX = 5;
const CAP_PX = 6;
/** From a symbol's middle to the plate on whatever side of it. */
const PLATE_AWAY_PX = 18;
/** Empty texels around a glyph, so that a map in motion draws nothing of its neighbour. */
const GUTTER = 1;

/**
 * What a label can be made of; a code is the place in here plus one, and zero is nothing. The last
 * of them stand between thousands, in one language or another.
 */
const GLYPHS = '0123456789/ ,.\u00a0\u202f\'\u2019';
/** What the shader has room for. */
export const CODES_MAX = 32;
export const DIGIT = 1;
export const SLASH = GLYPHS.indexOf('/') + 1;
export const SPACE = GLYPHS.indexOf(' ') + 1;

/** The code of what stands between thousands; what is not known is drawn as a narrow space. */
export function codeOf(separator) {
  const at = GLYPHS.indexOf(separator);
  return (at < 0 ? GLYPHS.indexOf('\u202f') : at) + 1;
}

const even = (length) => 2 * Math.ceil(length / 2);

/**
 * @param {Record<string, string>} ink the theme's colours
 * @param {number} ratio pixels of the canvas for one of the page
 * @returns the canvas, and the measures in its pixels that the shader needs
 */
export function drawAtlas(ink, ratio) {
  // Read back by the upload: a canvas in main memory is the shorter way.
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const font = `${TEXT_WEIGHT} ${TEXT_PX * ratio}px ${FONT.join(', ')}`;
  pen.font = font;
  const widths = Array.from(GLYPHS, (glyph) => pen.measureText(glyph).width);
  // All digits are as wide as the widest, so that a plate does not twitch when a number moves.
  const digit = Math.max(...widths.slice(0, 10));
  const advances = new Float32Array(CODES_MAX);
  widths.forEach((width, at) => { advances[at + 1] = Math.round(at < 10 ? digit : GLYPHS[at] === ' ' ? width * THIN : width); });

  const cell = even(SIZE * SCALE * ratio) + 2 * GUTTER;
  const plate = { width: Math.round(PLATE.width * ratio), height: Math.round(PLATE.height * ratio) };
  const glyph = Math.ceil(Math.max(digit, ...widths)) + 2 * GUTTER;
  const symbols = 2 * RIMS.length * cell;
  const rows = { plate: symbols, glyphs: symbols + plate.height + 2 * GUTTER };
  pen.canvas.width = Math.max(cell * SEVERITIES.length, glyph * (GLYPHS.length + 1));
  pen.canvas.height = rows.glyphs + plate.height;

  const within = (x, y, scale, draw) => {
    pen.setTransform(scale, 0, 0, scale, x, y);
    draw();
    pen.resetTransform();
  };
  SEVERITIES.forEach((severity, column) => RIMS.forEach((rim, row) => {
    const inset = (cell - SIZE * SCALE * ratio) / 2;
    within(column * cell + inset, row * cell + inset, SCALE * ratio, () => drawSeverity(pen, severity, rim, ink));
    within((column + 0.5) * cell, (row + RIMS.length + 0.5) * cell, ratio, () => drawMark(pen, severity, rim, ink));
  }));
  within(GUTTER, rows.plate, ratio, () => drawPlate(pen, ink));
  // A canvas that was given its size forgot its font.
  Object.assign(pen, { font, fillStyle: ink.ink, textAlign: 'left', textBaseline: 'alphabetic' });
  const { actualBoundingBoxAscent: tall } = pen.measureText('0');
  const baseline = Math.round((plate.height + tall) / 2);
  Array.from(GLYPHS).forEach((letter, at) => {
    const spare = Math.max(0, advances[at + 1] - widths[at]) / 2;
    pen.fillText(letter, (at + 1) * glyph + GUTTER + spare, rows.glyphs + baseline);
  });
  return {
    canvas: pen.canvas, cell, plate, glyph, rows, advances, gutter: GUTTER,
    cap: Math.round(CAP_PX * ratio), pad: Math.round(PAD_PX * ratio), away: Math.round(PLATE_AWAY_PX * ratio),
  };
}
