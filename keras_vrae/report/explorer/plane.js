// Geometry of the plane: coordinates of a basis of the latent space, pixels, distances.

// `directions` are the rows of an orthonormal basis around `centre`; null for z's own dimensions.
function makeBasis(latentDim, centre, directions) {
  const row = (number) => directions.subarray(number * latentDim, (number + 1) * latentDim);
  return {
    coordinatesOf(z) {
      if (!directions) return Float64Array.from(z);
      const coordinate = (_, number) => {
        const direction = row(number);
        return direction.reduce((sum, part, k) => sum + part * (z[k] - centre[k]), 0);
      };
      return Float64Array.from({ length: latentDim }, coordinate);
    },
    latentOf(coordinates) {
      if (!directions) return Float64Array.from(coordinates);
      const z = Float64Array.from(centre);
      coordinates.forEach((value, number) => row(number).forEach((part, k) => {
        z[k] += value * part;
      }));
      return z;
    },
    // The covariance, in two coordinates, of a Gaussian with variances of z's dimensions.
    covariance(variances, first, second) {
      const part = (number, k) => (directions ? row(number)[k] : Number(number === k));
      const sum = (a, b) => variances.reduce((s, v, k) => s + v * part(a, k) * part(b, k), 0);
      return [sum(first, first), sum(first, second), sum(second, second)];
    },
  };
}

// The half axes of an ellipse of one standard deviation, and the angle of the first.
function ellipseOf([xx, xy, yy]) {
  const middle = (xx + yy) / 2, distance = Math.hypot((xx - yy) / 2, xy);
  return {
    long: Math.sqrt(middle + distance),
    short: Math.sqrt(Math.max(0, middle - distance)),
    angle: Math.atan2(2 * xy, xx - yy) / 2,
  };
}

// One scale for both axes, so that distances are those of the latent space.
function makeView(points, size) {
  const edges = [Infinity, -Infinity, Infinity, -Infinity];
  for (let n = 0; n < points.length; n += 2) {
    edges[0] = Math.min(edges[0], points[n]);
    edges[1] = Math.max(edges[1], points[n]);
    edges[2] = Math.min(edges[2], points[n + 1]);
    edges[3] = Math.max(edges[3], points[n + 1]);
  }
  const centre = [(edges[0] + edges[1]) / 2, (edges[2] + edges[3]) / 2];
  const width = 1.08 * Math.max(edges[1] - edges[0], edges[3] - edges[2], 1e-6);
  const scale = size / width;
  return {
    scale,
    width,
    toPixels: (x, y) => [size / 2 + (x - centre[0]) * scale, size / 2 - (y - centre[1]) * scale],
    toPlane: (x, y) => [centre[0] + (x - size / 2) / scale, centre[1] - (y - size / 2) / scale],
  };
}

// The point nearest to (x, y), and nearer than `radius`, among those that are shown; or -1.
function nearest(points, x, y, radius, isShown) {
  let found = -1, least = radius * radius;
  for (let n = 0, at = 0; at < points.length; n++, at += 2) {
    const dx = points[at] - x, dy = points[at + 1] - y, distance = dx * dx + dy * dy;
    if (distance < least && isShown(n)) [found, least] = [n, distance];
  }
  return found;
}

function isInside(polygon, x, y) {
  let inside = false;
  polygon.forEach(([ax, ay], n) => {
    const [bx, by] = polygon[(n + 1) % polygon.length];
    if ((ay > y) !== (by > y) && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  });
  return inside;
}

// The share of the way from a to b at which the line between them is nearest to p.
function shareOfWay(a, b, p) {
  const way = [b[0] - a[0], b[1] - a[1]], length = way[0] ** 2 + way[1] ** 2 || 1;
  const share = ((p[0] - a[0]) * way[0] + (p[1] - a[1]) * way[1]) / length;
  return Math.min(1, Math.max(0, share));
}

const mixed = (a, b, share) => a.map((value, n) => value + share * (b[n] - value));
