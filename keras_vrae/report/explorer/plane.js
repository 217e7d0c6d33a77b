// Geometry of the plane: coordinates in a basis of the latent space, pixels, distances.

const mixed = (a, b, share) => a.map((value, n) => value + share * (b[n] - value));
const rangeOf = (values) =>
  values.reduce(([low, high], x) => [Math.min(low, x), Math.max(high, x)], [Infinity, -Infinity]);

// `directions` are the rows of an orthonormal basis around `centre`; without them, z's own dimensions.
function makeBasis(size, centre, directions) {
  const row = (number) => directions.subarray(number * size, (number + 1) * size);
  const part = (number, k) => (directions ? directions[number * size + k] : Number(number === k));
  return {
    coordinatesOf(z) {
      if (!directions) return Float64Array.from(z);
      const coordinate = (_, number) => row(number).reduce((sum, value, k) => sum + value * (z[k] - centre[k]), 0);
      return Float64Array.from({ length: size }, coordinate);
    },
    latentOf(coordinates) {
      if (!directions) return Float64Array.from(coordinates);
      const z = Float64Array.from(centre);
      coordinates.forEach((value, number) => row(number).forEach((direction, k) => { z[k] += value * direction; }));
      return z;
    },
    // The covariance in two coordinates of a Gaussian with variances of z's dimensions.
    covariance(variances, first, second) {
      const sum = (a, b) => variances.reduce((total, v, k) => total + v * part(a, k) * part(b, k), 0);
      return [sum(first, first), sum(first, second), sum(second, second)];
    },
  };
}

// The points at which a Gaussian of this covariance has two standard deviations, around (0, 0).
function ellipseOf([xx, xy, yy]) {
  const long = Math.sqrt(xx), mixed = xy / long, rest = Math.sqrt(Math.max(0, yy - mixed * mixed));
  const point = (c, s) => [2 * long * c, 2 * (mixed * c + rest * s)], turn = Math.PI / 32;
  return upTo(64).map((n) => point(Math.cos(n * turn), Math.sin(n * turn)));
}

// One scale for both axes, so that distances are those of the latent space.
function makeView(points, size) {
  const ranges = [0, 1].map((axis) => rangeOf(points.filter((_, n) => n % 2 === axis)));
  const centre = ranges.map(([low, high]) => (low + high) / 2);
  const scale = size / (1.08 * Math.max(...ranges.map(([low, high]) => high - low), 1e-6));
  return {
    scale,
    toPixels: (x, y) => [size / 2 + (x - centre[0]) * scale, size / 2 - (y - centre[1]) * scale],
    toPlane: (x, y) => [centre[0] + (x - size / 2) / scale, centre[1] - (y - size / 2) / scale],
  };
}

// The point nearest to (x, y), and nearer than `radius`, among those that are shown; or -1.
function nearest(points, x, y, radius, isShown) {
  let found = -1, least = radius * radius;
  for (let n = 0; 2 * n < points.length; n++) {
    const distance = (points[2 * n] - x) ** 2 + (points[2 * n + 1] - y) ** 2;
    if (distance < least && isShown(n)) [found, least] = [n, distance];
  }
  return found;
}

function isInside(polygon, x, y) {
  const crosses = ([ax, ay], [bx, by]) => (ay > y) !== (by > y) && x < ax + ((y - ay) / (by - ay)) * (bx - ax);
  return polygon.filter((corner, n) => crosses(corner, polygon[(n + 1) % polygon.length])).length % 2 === 1;
}

// The share of the way from a to b that comes nearest to p.
function shareOfWay(a, b, p) {
  const way = [b[0] - a[0], b[1] - a[1]], length = way[0] ** 2 + way[1] ** 2 || 1;
  return Math.min(1, Math.max(0, ((p[0] - a[0]) * way[0] + (p[1] - a[1]) * way[1]) / length));
}
