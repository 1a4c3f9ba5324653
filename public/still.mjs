// For whoever asked their machine for less motion: the wheel zooms at once. MapLibre keeps to that wish in every move of its own
// but this one, which it lets glide.

/** Pixels of the wheel for about half a zoom, as MapLibre counts them, and for one line where a wheel counts lines. */
const WHEEL_PX = 450;
const LINE_PX = 40;

const wish = matchMedia('(prefers-reduced-motion: reduce)');

/** Whether nothing may glide. */
export const still = () => wish.matches;

/** Follows the wish on this map; gives back what ends that. */
export function keepStill(map) {
  const place = map.getCanvasContainer();
  const turn = (event) => {
    if (!still()) return;
    event.preventDefault();
    const turned = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1);
    const by = Math.log2(2 / (1 + Math.exp(-Math.abs(turned) / WHEEL_PX)));
    const { left, top } = place.getBoundingClientRect();
    const around = map.unproject([event.clientX - left, event.clientY - top]);
    map.easeTo({ zoom: map.getZoom() - Math.sign(turned) * by, around, animate: false }, { originalEvent: event });
  };
  const choose = () => map.scrollZoom[still() ? 'disable' : 'enable']();
  place.addEventListener('wheel', turn, { passive: false });
  wish.addEventListener('change', choose);
  choose();
  return () => wish.removeEventListener('change', choose);
}
