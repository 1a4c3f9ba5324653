// The clusters on the map: a canvas of their own over MapLibre's, on which slots (slots.mjs) are drawn from an atlas (atlas.mjs), a quad
// for each symbol, plate and glyph. A change costs the slots it touches: no source is tiled again, no worker is asked, and the ground
// below, which did not change, is not drawn again. While the map moves both are drawn in the same frame.
import { drawAtlas } from './atlas.mjs';
import { FULL_PX, Placing, SMALL_PX, WORLD_PX, leftOf, topOf } from './placing.mjs';
import { PLATE_QUADS, build } from './shaders.mjs';
import { EAST_UNITS, SMALL, SOUTH_UNITS, Slots, WORDS, eastOf, eastUnits, sideOf, southOf, southUnits } from './slots.mjs';

const SLOT_BYTES = WORDS * Uint32Array.BYTES_PER_ELEMENT;
/** No symbol with its label reaches farther than this from its place. */
const REACH_PX = 110;

const radiusOf = (table, slot) => (sideOf(table, slot) === SMALL ? SMALL_PX : FULL_PX);

export class ClusterLayer {
  slots = new Slots();
  /** What the last frame showed. */
  drawn = { clusters: 0, reports: 0 };
  #map;
  #canvas = document.createElement('canvas');
  #gl;
  #frame = 0;
  #ink;
  #problem;
  #told;
  #held;
  #atlas;
  /** How the last frame was projected. */
  #seen;
  #placing = new Placing();

  /** Over this map. `told` is called after each frame, when `drawn` is true of it. */
  constructor(map, ink, problem, told) {
    this.#map = map;
    this.#ink = ink;
    this.#problem = problem;
    this.#told = told;
    this.#canvas.className = 'clusters';
    this.#canvas.setAttribute('aria-hidden', 'true');
    map.getCanvasContainer().append(this.#canvas);
    // Without this the browser would not give the card back.
    this.#canvas.addEventListener('webglcontextlost', (event) => event.preventDefault());
    this.#canvas.addEventListener('webglcontextrestored', () => {
      this.#held = undefined;
      this.#atlas = undefined;
      this.#ask();
    });
    map.on('render', () => this.render());
  }

  /** Puts and drops: longitude, latitude, how many, how many of the worst, severity and rim for each id. */
  change(ids, numbers, dropped, separator) {
    const rewritten = this.slots.write(separator);
    for (const id of dropped) this.slots.drop(id);
    for (let i = 0, at = 0; i < ids.length; i += 1, at += 6) {
      this.slots.put(ids[i], numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3], numbers[at + 4], numbers[at + 5]);
    }
    this.#placing.stale ||= rewritten || ids.length + dropped.length > 0;
    this.#ask();
  }

  /** Another theme: everything is drawn anew in its colours. */
  paint(ink) {
    this.#ink = ink;
    this.#atlas = undefined;
    this.#ask();
  }

  /** The map goes, and what the card holds of ours with it. */
  remove() {
    cancelAnimationFrame(this.#frame);
    this.#gl?.getExtension('WEBGL_lose_context')?.loseContext();
    this.#canvas.remove();
  }

  #ask() {
    this.#frame ||= requestAnimationFrame(() => this.render());
  }

  /** One frame: of a change, or along with the map's own. */
  render() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    try {
      this.#gl ??= this.#canvas.getContext('webgl2', { antialias: false, depth: false });
      if (!this.#gl) throw new Error('no WebGL 2 for the clusters');
      // Given back, it asks for a frame again.
      if (this.#gl.isContextLost()) return;
      this.#held ??= this.#open(this.#gl);
    } catch (cause) {
      // Said once; what was never drawn is not told as drawn.
      this.#problem?.(cause);
      this.#problem = undefined;
      return;
    }
    const gl = this.#gl;
    this.#look();
    this.#texture(gl);
    this.#placing.place(this.slots, this.#map.getZoom(), this.#atlas);
    this.#draw(gl);
    this.drawn = { clusters: this.slots.clusters, reports: this.slots.reports };
    this.#told();
  }

  #open(gl) {
    const { program, uniforms } = build(gl);
    const tables = this.slots.tables.map(() => {
      const [array, buffer] = [gl.createVertexArray(), gl.createBuffer()];
      gl.bindVertexArray(array);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      for (const [location, words, from] of [[0, 2, 0], [1, 1, 2], [2, 4, 3]]) {
        gl.enableVertexAttribArray(location);
        gl.vertexAttribIPointer(location, words, gl.UNSIGNED_INT, SLOT_BYTES, from * Uint32Array.BYTES_PER_ELEMENT);
        gl.vertexAttribDivisor(location, 1);
      }
      return { array, buffer, slots: 0 };
    });
    const texture = gl.createTexture();
    gl.useProgram(program);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    return { program, uniforms, tables };
  }

  /** How the map projects in this frame: its centre in units, and what a unit is in half widths and heights of the canvas. */
  #look() {
    const below = this.#map.getCanvas();
    const [width, height] = [parseFloat(below.style.width), parseFloat(below.style.height)];
    if (this.#canvas.width !== below.width || this.#canvas.height !== below.height) {
      [this.#canvas.width, this.#canvas.height] = [below.width, below.height];
    }
    // Apart from the pixels: a page that is zoomed has as many in another size.
    if (this.#canvas.style.width !== below.style.width || this.#canvas.style.height !== below.style.height) {
      [this.#canvas.style.width, this.#canvas.style.height] = [below.style.width, below.style.height];
    }
    const { lng, lat } = this.#map.getCenter();
    const centre = [eastUnits(eastOf(lng)), southUnits(southOf(lat))];
    const world = WORLD_PX * 2 ** this.#map.getZoom();
    const [across, along] = [(2 * world) / width, (-2 * world) / height];
    // The map's centre lies between two units: the one before it stands a little off the middle.
    const east = Math.floor(eastOf(lng)) + centre[0] / EAST_UNITS - eastOf(lng);
    const south = centre[1] / SOUTH_UNITS - southOf(lat);
    // A cluster stands at its place nearest to the centre; far out, copies of the world stand on both sides.
    const copies = this.#map.getRenderWorldCopies() ? Math.max(0, Math.ceil((width / 2 + REACH_PX) / world - 0.5)) : 0;
    const origins = Array.from({ length: 2 * copies + 1 }, (_, n) => [(east + n - copies) * across, south * along]);
    const unit = [across / EAST_UNITS, along / SOUTH_UNITS];
    this.#seen = { centre, unit, origins, width, height, ratio: below.width / width };
  }

  /** Draws the atlas when theme or pixel ratio are other ones than it was drawn for. */
  #texture(gl) {
    const { ratio } = this.#seen;
    const { uniforms } = this.#held;
    if (this.#atlas?.ratio !== ratio) {
      const atlas = { ...drawAtlas(this.#ink, ratio), ratio };
      this.#atlas = atlas;
      this.#placing.stale = true;
      gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
      gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, atlas.canvas);
      for (const [name, value] of [
        [gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.LINEAR],
        [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
      ]) gl.texParameteri(gl.TEXTURE_2D, name, value);
      gl.uniform1i(uniforms.atlas, 0);
      for (const name of ['cell', 'glyph', 'gutter', 'cap', 'pad', 'away']) gl.uniform1f(uniforms[name], atlas[name]);
      gl.uniform2f(uniforms.plate, atlas.plate.width, atlas.plate.height);
      gl.uniform2f(uniforms.rows, atlas.rows.plate, atlas.rows.glyphs);
      gl.uniform1fv(uniforms.advances, atlas.advances);
    }
  }

  #draw(gl) {
    const { uniforms, tables } = this.#held;
    const { centre, unit, origins } = this.#seen;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2ui(uniforms.centre, ...centre);
    gl.uniform2fv(uniforms.unit, unit);
    gl.uniform2f(uniforms.viewport, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.uniform1i(uniforms.still, this.#map.isMoving() ? 0 : 1);
    const passes = [[0, 1], [1, PLATE_QUADS + this.slots.longest]];
    // From the least severity to the worst, its labels with it: nothing lesser covers what is worse.
    for (let severity = tables.length - 1; severity >= 0; severity -= 1) {
      const table = this.slots.tables[severity];
      this.#send(gl, table, tables[severity]);
      if (table.end === 0) continue;
      gl.bindVertexArray(tables[severity].array);
      for (const [first, quads] of passes) {
        gl.uniform1i(uniforms.first, first);
        for (const origin of origins) {
          gl.uniform2fv(uniforms.origin, origin);
          gl.drawArraysInstanced(gl.TRIANGLES, 0, 6 * quads, table.end);
        }
      }
    }
  }

  /** Sends the span that was touched; all of it when the card's buffer has become too small. */
  #send(gl, table, held) {
    const room = table.words.length / WORDS;
    const [from, to] = held.slots < room ? [0, table.end] : [table.from, Math.min(table.to, table.end)];
    if (held.slots < room || from < to) gl.bindBuffer(gl.ARRAY_BUFFER, held.buffer);
    if (held.slots < room) {
      gl.bufferData(gl.ARRAY_BUFFER, table.words.byteLength, gl.DYNAMIC_DRAW);
      held.slots = room;
    }
    if (from < to) gl.bufferSubData(gl.ARRAY_BUFFER, from * SLOT_BYTES, table.words, from * WORDS, (to - from) * WORDS);
    table.sent();
  }

  /**
   * The id of the cluster at a point of the last frame, or of the nearest one within the slack.
   * @param {{x: number, y: number}} point pixels of the page, from the map's corner
   */
  at({ x, y }, slack) {
    let found;
    let nearest = slack;
    for (const [severity, slot, east, south] of this.#symbols()) {
      const [across, along] = [x - east, y - south];
      if (Math.abs(across) > REACH_PX || Math.abs(along) > REACH_PX) continue;
      const table = this.slots.tables[severity];
      const away = Math.max(0, Math.min(Math.hypot(across, along) - radiusOf(table, slot), this.#fromPlate(table, slot, across, along)));
      // The worst come first, and of two that are hit the first is it.
      if (away >= nearest) continue;
      nearest = away;
      found = table.ids[slot];
    }
    return found;
  }

  /** What stood in the last frame, in pixels of the page: a round for each symbol, and a box for the label of each that has one. */
  * standing() {
    for (const [severity, slot, x, y] of this.#symbols()) {
      const table = this.slots.tables[severity];
      const { left, top, right, bottom } = this.#plate(table, slot) ?? {};
      const plate = left === undefined ? undefined : { left: x + left, top: y + top, right: x + right, bottom: y + bottom };
      yield { id: table.ids[slot], severity, n: table.counts[2 * slot], x, y, radius: radiusOf(table, slot), plate };
    }
  }

  /** Severity, slot and place of all that stood in the last frame, the worst first; once for each copy of the world. */
  * #symbols() {
    if (!this.#seen || !this.#atlas) return;
    const { centre, unit, origins, width, height } = this.#seen;
    for (const [severity, table] of this.slots.tables.entries()) {
      for (let slot = 0; slot < table.end; slot += 1) {
        if (table.ids[slot] === undefined) continue;
        const east = (table.words[slot * WORDS] - centre[0]) | 0;
        const south = (table.words[slot * WORDS + 1] - centre[1]) | 0;
        for (const origin of origins) {
          const [x, y] = [origin[0] + unit[0] * east, origin[1] + unit[1] * south];
          yield [severity, slot, (x / 2 + 0.5) * width, (0.5 - y / 2) * height];
        }
      }
    }
  }

  /** A slot's plate in pixels of the page, seen from its symbol's middle; undefined for none. */
  #plate(table, slot) {
    const side = sideOf(table, slot);
    if (side === 0 || side === SMALL) return undefined;
    const { advances, pad, plate, away, ratio } = this.#atlas;
    const [width, height] = [(this.slots.widthOf(table, slot, advances) + 2 * pad) / ratio, plate.height / ratio];
    const [left, top] = [leftOf(side, width, away / ratio), topOf(side, height, away / ratio)];
    return { left, top, right: left + width, bottom: top + height };
  }

  /** How far a point is from a slot's plate; none is nowhere near. */
  #fromPlate(table, slot, across, along) {
    const plate = this.#plate(table, slot);
    if (!plate) return Infinity;
    const { left, top, right, bottom } = plate;
    return Math.hypot(Math.max(left - across, across - right, 0), Math.max(top - along, along - bottom, 0));
  }
}
