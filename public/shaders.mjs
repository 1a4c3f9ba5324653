// The two programs that the graphics card runs for the clusters (layer.mjs), and how one is built.
//
// An instance is a slot (slots.mjs). The card is told where it is in units of the world and takes the centre of the map away in whole
// numbers, so that a symbol stands still to a tenth of a pixel at any zoom and on either side of the antimeridian. The quads of an
// instance are counted: 0 is the symbol, 1 to 3 the plate in its three pieces, from 4 on a glyph each.
import { CODES_MAX } from './atlas.mjs';
import { LENGTH_MASK, LENGTH_SHIFT, SIDE_SHIFT, SMALL } from './slots.mjs';
import { RIMS } from './symbols.mjs';

/** Quads before the first glyph of a label. */
export const PLATE_QUADS = 3;

const VERTEX = `#version 300 es
precision highp float;
precision highp int;

layout(location = 0) in uvec2 place;
layout(location = 1) in uint what;
layout(location = 2) in uvec4 label;

uniform uvec2 centre;     // units of the world
uniform vec2 origin;      // the centre, and a unit to the east and to the south, from -1 to 1 across the canvas
uniform vec2 unit;
uniform vec2 viewport;    // pixels of the canvas, as all lengths below
uniform bool still;
uniform int first;
uniform float cell;
uniform vec2 plate;
uniform vec2 rows;        // where the plate and the glyphs begin on the texture
uniform float glyph;
uniform float gutter;
uniform float cap;
uniform float pad;
uniform float away;       // from a symbol's middle to its plate
uniform float advances[${CODES_MAX}];

out vec2 texel;

int codeAt(int n) {
  uint word = n < 6 ? label.x : n < 12 ? label.y : n < 18 ? label.z : label.w;
  return int((word >> uint(5 * (n % 6))) & 31u);
}

float run(int n) {
  float width = 0.0;
  for (int i = 0; i < n; i++) width += advances[codeAt(i)];
  return width;
}

void main() {
  int quad = first + gl_VertexID / 6;
  int at = gl_VertexID % 6;
  vec2 corner = vec2(at == 1 || at == 4 || at == 5, at == 2 || at == 3 || at == 5);
  int drawn = int(what & ${2 ** LENGTH_SHIFT - 1}u) - 1;
  int glyphs = int(what >> ${LENGTH_SHIFT}u) & ${LENGTH_MASK};
  int side = int(what >> ${SIDE_SHIFT}u);
  vec2 from = vec2(-cell / 2.0);
  vec2 size = vec2(cell);
  vec2 source = vec2(drawn / ${RIMS.length}, drawn % ${RIMS.length} + (side == ${SMALL} ? ${RIMS.length} : 0)) * cell;
  vec2 taken = size;
  if (quad > 0) {
    if (glyphs == 0 || side == 0 || side == ${SMALL} || quad > ${PLATE_QUADS} + glyphs) drawn = -1;
    float width = max(run(glyphs) + 2.0 * pad, 2.0 * cap);
    from = vec2(side == 3 ? away : side == 4 ? -away - width : -floor(width / 2.0),
      side == 1 ? away : side == 2 ? -away - plate.y : -floor(plate.y / 2.0));
    if (quad <= ${PLATE_QUADS}) {
      size = taken = vec2(cap, plate.y);
      source = vec2(gutter, rows.x);
      if (quad == 2) {
        from.x += cap;
        size.x = width - 2.0 * cap;
        taken.x = plate.x - 2.0 * cap;
        source.x += cap;
      } else if (quad == 3) {
        from.x += width - cap;
        source.x += plate.x - cap;
      }
    } else {
      int n = quad - ${PLATE_QUADS + 1};
      from.x += pad + run(n) - gutter;
      size = taken = vec2(glyph, plate.y);
      source = vec2(float(codeAt(n)) * glyph, rows.y);
    }
  }
  if (drawn < 0) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    return;
  }
  ivec2 apart = ivec2(place - centre);
  vec2 anchor = ((origin + unit * vec2(apart)) * 0.5 + 0.5) * viewport;
  // On whole pixels a pixel of the texture is one of the screen; in motion that would be a tremble against the ground.
  if (still) anchor = floor(anchor + 0.5);
  vec2 reached = from + corner * size;
  texel = source + corner * taken;
  gl_Position = vec4((anchor + vec2(reached.x, -reached.y)) / viewport * 2.0 - 1.0, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;

uniform sampler2D atlas;
in vec2 texel;
out vec4 colour;

void main() {
  colour = texture(atlas, texel / vec2(textureSize(atlas, 0)));
}`;

/** The program, and where its uniforms are. Throws what the card's compiler says. */
export function build(gl) {
  const program = gl.createProgram();
  for (const [type, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    const said = gl.getAttachedShaders(program).map((shader) => gl.getShaderInfoLog(shader)).join(' ');
    throw new Error(`the program of the clusters: ${gl.getProgramInfoLog(program)} ${said}`);
  }
  const uniforms = {};
  for (let n = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS); n > 0; n -= 1) {
    const { name } = gl.getActiveUniform(program, n - 1);
    uniforms[name.replace('[0]', '')] = gl.getUniformLocation(program, name);
  }
  return { program, uniforms };
}
