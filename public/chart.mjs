// Draws the history of a datastream with uPlot: the mean as a line, least and greatest as a band, the owner's levels across.
// Colours are the page's tokens. A canvas says nothing to a screen reader: the desk puts a table of the same numbers beside it.
import uPlot from './uplot/uPlot.esm.js';

const HEIGHT = 190;

let sheet;

/** uPlot's own style sheet, fetched with the first chart. */
function styled() {
  sheet ??= new Promise((resolve) => {
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/uplot/uPlot.min.css' });
    // Without it the chart is drawn all the same, its legend is not laid out.
    link.onload = link.onerror = resolve;
    document.head.append(link);
  });
  return sheet;
}

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Lines across at the owner's levels. */
function levels(values, tones) {
  return {
    hooks: {
      drawAxes: (chart) => {
        const { ctx, bbox } = chart;
        ctx.save();
        ctx.lineWidth = Math.max(1, devicePixelRatio);
        ctx.setLineDash([6, 4]);
        values.forEach((value, at) => {
          const y = chart.valToPos(value, 'y', true);
          if (y < bbox.top || y > bbox.top + bbox.height) return;
          ctx.strokeStyle = token(tones[at]);
          ctx.beginPath();
          ctx.moveTo(bbox.left, y);
          ctx.lineTo(bbox.left + bbox.width, y);
          ctx.stroke();
        });
        ctx.restore();
      },
    },
  };
}

/**
 * Draws a chart into an element. Times are seconds, values may be NaN where there is none.
 * @param {HTMLElement} element
 * @param {Float64Array} times @param {Float64Array} least @param {Float64Array} mean @param {Float64Array} greatest
 * @param {string} unit @param {Float64Array} levelValues @param {string[]} levelTones @param {string} language
 */
export async function draw(element, times, least, mean, greatest, unit, levelValues, levelTones, language) {
  await styled();
  const known = (values) => Array.from(values, (value) => (Number.isNaN(value) ? null : value));
  const span = times.length > 1 ? times[times.length - 1] - times[0] : 0;
  const clock = new Intl.DateTimeFormat(language, span > 2 * 86_400 ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' });
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const ink = { stroke: token('ink-2'), grid: { stroke: token('line'), width: 1 }, ticks: { stroke: token('line'), width: 1 }, font: '12px system-ui, sans-serif' };
  const told = [...levelValues];
  const options = {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { show: false } },
    scales: {
      y: {
        // The levels belong into the picture only where the values come near them.
        range: (_chart, low, high) => {
          if (low == null) return [0, 1];
          const room = Math.max((high - low) * 0.1, Math.abs(high) * 0.01, 1e-9);
          const near = told.filter((value) => value > low - 2 * (high - low) - room && value < high + 2 * (high - low) + room);
          return [Math.min(low, ...near) - room, Math.max(high, ...near) + room];
        },
      },
    },
    axes: [
      { ...ink, values: (_chart, at) => at.map((second) => clock.format(second * 1000)) },
      { ...ink, size: 56, label: unit || undefined, labelSize: 18, values: (_chart, at) => at.map((value) => number.format(value)) },
    ],
    series: [
      {},
      { stroke: 'transparent', points: { show: false } },
      { stroke: 'transparent', points: { show: false } },
      { stroke: token('ink'), width: 1.5, points: { show: times.length < 60, size: 4 }, spanGaps: false },
    ],
    bands: [{ series: [2, 1], fill: token('line') }],
    plugins: [levels(told, levelTones)],
  };
  const chart = new uPlot(options, [Array.from(times), known(least), known(greatest), known(mean)], element);
  const watch = new ResizeObserver(() => {
    if (element.clientWidth > 0 && element.clientWidth !== chart.width) chart.setSize({ width: element.clientWidth, height: HEIGHT });
  });
  watch.observe(element);
  element.dataset.drawn = String(times.length);
  return {
    remove() {
      watch.disconnect();
      chart.destroy();
    },
  };
}
