// Turns the land of a TopoJSON file into the rings of data/geo/land-110m.txt: `node scripts/land-outline.mjs land-110m.json > data/geo/land-110m.txt`.
// Rings that cross the 180th meridian are cut there, so that no line runs across the map; the ring around the south pole, which the map does not reach, is left out.
// A line is a ring: longitude and latitude in hundredths of a degree, the first point as it is and every other as its distance from the one before.
import { readFileSync } from 'node:fs';

const { arcs, transform, objects } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const hundredths = arcs.map(arc => {
  let [x, y] = [0, 0];
  return arc.map(([dx, dy]) => [x += dx, y += dy].map((v, i) => Math.round(100 * (v * transform.scale[i] + transform.translate[i]))));
});
const points = index => index < 0 ? [...hundredths[~index]].reverse() : hundredths[index];
// Arcs of a ring share their ends.
const ring = indices => indices.flatMap((index, i) => points(index).slice(i === 0 ? 0 : 1));
const rings = objects.land.geometries.flatMap(g => g.type === 'Polygon' ? g.arcs.map(ring) : g.type === 'MultiPolygon' ? g.arcs.flatMap(p => p.map(ring)) : []);

const HALF = 18000, TURN = 36000;
// Longitudes that run on past the meridian instead of jumping to its other side.
const unwrap = points => points.reduce((run, [x, y]) => {
  const last = run.length ? run[run.length - 1][0] : x;
  run.push([x + TURN * Math.round((last - x) / TURN), y]);
  return run;
}, []);
// What of a ring lies west (side 1) or east (side -1) of a longitude, by Sutherland and Hodgman.
const clip = (points, edge, side) => points.flatMap(([x, y], i) => {
  const [px, py] = points[(i + points.length - 1) % points.length];
  const [here, before] = [side * (x - edge) <= 0, side * (px - edge) <= 0];
  const cut = () => [edge, Math.round(py + (y - py) * (edge - px) / (x - px))];
  return here ? before ? [[x, y]] : [cut(), [x, y]] : before ? [cut()] : [];
});
for (const ring of rings.map(unwrap)) {
  if (ring[0][0] !== ring[ring.length - 1][0]) continue;
  for (const turn of [-TURN, 0, TURN]) {
    const piece = clip(clip(ring.slice(0, -1).map(([x, y]) => [x + turn, y]), HALF, 1), -HALF, -1);
    if (piece.length < 3 || piece.every(([x]) => x === piece[0][0])) continue;
    console.log([...piece, piece[0]].map(([x, y], i) => i === 0 ? `${x},${y}` : `${x - piece[i - 1][0]},${y - piece[i - 1][1]}`).join(' '));
  }
}
