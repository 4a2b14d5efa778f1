// Turns the land of a TopoJSON file into the rings of data/geo/land-110m.txt: `node scripts/land-outline.mjs land-110m.json > data/geo/land-110m.txt`.
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
for (const points of rings) console.log(points.map(([x, y], i) => i === 0 ? `${x},${y}` : `${x - points[i - 1][0]},${y - points[i - 1][1]}`).join(' '));
