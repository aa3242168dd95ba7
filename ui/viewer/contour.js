// What of an anomaly map is flagged: its area, its regions, and its outline as line segments.
//
// A map is { values: Float32Array of height * width rows, width, height }. Coordinates are in pixels of the map: pixel
// (column, row) covers [column, column + 1] x [row, row + 1], and its value holds at its centre.

// An outline stays this far away from the centre of a flagged pixel, so that a pixel barely above the level shows.
const LEAST_REACH = 0.25;
const REACH = 8; // pixels of the map up to which a peak counts, as in Python

function countAbove(map, level) {
  let count = 0;
  for (let i = 0; i < map.values.length; i += 1) if (map.values[i] > level) count += 1;
  return count;
}

function maximumOf(map) {
  let highest = 0;
  for (let i = 0; i < map.values.length; i += 1) if (map.values[i] > highest) highest = map.values[i];
  return highest;
}

// How far each pixel lies above what it has to exceed to be outlined, as a map; what is not outlined is not positive.
// The arithmetic of inspection/outlines.py, in float32 too: { level: null or a number, peakShare } says where outlines
// end.
function excessOf(map, threshold, outline) {
  const { values } = map;
  const level = Math.fround(outline.level === null ? threshold : Math.min(threshold, outline.level));
  const share = Math.fround(outline.peakShare);
  const peaks = highestAround(map);
  const leastRise = (i) => Math.fround(share * Math.fround(peaks[i] - level));
  const excess = values.map((value, i) => Math.fround(value - level) - leastRise(i));
  return { ...map, values: keepCertain({ ...map, values: excess }, (i) => values[i] > threshold) };
}

// What is positive and belongs to no region with a certain pixel becomes negative.
function keepCertain(excess, isCertain) {
  const { values } = excess;
  const kept = values.map((value) => Math.min(value, -value));
  const visited = new Uint8Array(values.length);
  for (let start = 0; start < values.length; start += 1) {
    if (visited[start] || !(values[start] > 0) || !isCertain(start)) continue;
    visitRegion(excess, start, visited, (i) => {
      kept[i] = values[i];
    });
  }
  return kept;
}

// The highest value up to so many pixels away; found once, since the slider does not move it.
function highestAround(map) {
  if (!map.peaks) {
    const { width, height, values } = map;
    const rows = slideMaximum(values, { lines: height, length: width, along: 1, across: width });
    map.peaks = slideMaximum(rows, { lines: width, length: height, along: width, across: 1 });
  }
  return map.peaks;
}

// The highest of the values up to `REACH` before and behind each one, line by line.
function slideMaximum(values, { lines, length, along, across }) {
  const highest = new Float32Array(values.length);
  const open = new Int32Array(length);
  for (let line = 0; line < lines; line += 1) {
    slideAlong(values, highest, open, (place) => line * across + place * along);
  }
  return highest;
}

// `open` holds the places of falling values, of which the first is the highest (a monotone queue).
function slideAlong(values, highest, open, at) {
  let first = 0;
  let end = 0;
  for (let place = 0; place < open.length + REACH; place += 1) {
    if (place < open.length) {
      while (end > first && values[at(open[end - 1])] <= values[at(place)]) end -= 1;
      open[end] = place;
      end += 1;
    }
    const middle = place - REACH;
    if (middle < 0) continue;
    if (open[first] < middle - REACH) first += 1;
    highest[at(middle)] = values[at(open[first])];
  }
}

// The 8-connected regions of flagged pixels, highest peak first, in pixels of the image: the arithmetic of
// inspection/regions.py. A test runs both on the same maps.
function regionsOf(map, excess, image = map) {
  const visited = new Uint8Array(map.values.length);
  const regions = [];
  for (let start = 0; start < map.values.length; start += 1) {
    if (visited[start] || !(excess.values[start] > 0)) continue;
    regions.push(measureRegion(growRegion(map, excess, start, visited), map, image));
  }
  return regions.sort((a, b) => b.peak - a.peak || a.peakAt.y - b.peakAt.y || a.peakAt.x - b.peakAt.x);
}

function growRegion({ values, width, height }, excess, start, visited) {
  const origin = { x: start % width, y: Math.floor(start / width) };
  const sums = { n: 0, x: 0, y: 0, xx: 0, xy: 0, yy: 0 }; // of distances from the origin
  const grown = { left: width, top: height, right: 0, bottom: 0, peak: -1, peakIndex: 0, origin, sums };
  visitRegion(excess, start, visited, (index, x, y) => {
    addPixel(grown, x, y);
    const value = values[index];
    const isFirstPeak = value === grown.peak && index < grown.peakIndex;
    if (value > grown.peak || isFirstPeak) Object.assign(grown, { peak: value, peakIndex: index });
  });
  return grown;
}

// Calls back with every positive pixel that is 8-connected with the first one.
function visitRegion({ values, width, height }, start, visited, visit) {
  const open = [start];
  visited[start] = 1;
  while (open.length > 0) {
    const index = open.pop();
    const x = index % width;
    const y = (index - x) / width;
    visit(index, x, y);
    for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny += 1) {
      for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx += 1) {
        const next = ny * width + nx;
        if (visited[next] || !(values[next] > 0)) continue;
        visited[next] = 1;
        open.push(next);
      }
    }
  }
}

function addPixel(grown, x, y) {
  grown.left = Math.min(grown.left, x);
  grown.top = Math.min(grown.top, y);
  grown.right = Math.max(grown.right, x + 1);
  grown.bottom = Math.max(grown.bottom, y + 1);
  const { sums, origin } = grown;
  const dx = x - origin.x;
  const dy = y - origin.y;
  sums.n += 1;
  sums.x += dx;
  sums.y += dy;
  sums.xx += dx * dx;
  sums.xy += dx * dy;
  sums.yy += dy * dy;
}

// From pixels of the map to pixels of the image; the box is rounded outwards, a pixel's index is its centre.
function measureRegion({ left, top, right, bottom, peak, peakIndex, origin, sums }, map, image) {
  const scaleX = image.width / map.width;
  const scaleY = image.height / map.height;
  const peakX = peakIndex % map.width;
  const peakY = Math.floor(peakIndex / map.width);
  return {
    left: Math.floor((left * image.width) / map.width),
    top: Math.floor((top * image.height) / map.height),
    right: Math.ceil((right * image.width) / map.width),
    bottom: Math.ceil((bottom * image.height) / map.height),
    area: (sums.n * (image.height * image.width)) / map.values.length,
    share: sums.n / map.values.length,
    centroid: {
      x: (origin.x + sums.x / sums.n + 0.5) * scaleX - 0.5,
      y: (origin.y + sums.y / sums.n + 0.5) * scaleY - 0.5,
    },
    peak,
    peakAt: {
      x: Math.floor(((2 * peakX + 1) * image.width) / (2 * map.width)),
      y: Math.floor(((2 * peakY + 1) * image.height) / (2 * map.height)),
    },
    elongation: elongationOf(sums, scaleY / scaleX),
  };
}

// Length / width of the ellipse with the same second moments; a pixel is a square, not a point.
function elongationOf(sums, aspect) {
  const meanX = sums.x / sums.n;
  const meanY = sums.y / sums.n;
  const xx = sums.xx / sums.n - meanX * meanX + 1 / 12;
  const yy = (sums.yy / sums.n - meanY * meanY + 1 / 12) * aspect * aspect;
  const xy = (sums.xy / sums.n - meanX * meanY) * aspect;
  const spread = Math.hypot((xx - yy) / 2, xy);
  return Math.sqrt(((xx + yy) / 2 + spread) / ((xx + yy) / 2 - spread));
}

// Marching squares on the pixel centres, with one ring of nothing around the map so that outlines close at its border.
// Returns a flat array x0, y0, x1, y1 per segment.
function traceOutline(map, level) {
  const { values, width, height } = map;
  const segments = [];
  const valueAt = (x, y) => (x < 0 || y < 0 || x >= width || y >= height ? NaN : values[y * width + x]);
  for (let y = -1; y < height; y += 1) {
    for (let x = -1; x < width; x += 1) {
      const corners = [valueAt(x, y), valueAt(x + 1, y), valueAt(x + 1, y + 1), valueAt(x, y + 1)];
      const code = codeOf(corners, level);
      if (code !== 0 && code !== 15) addSegments(segments, code, corners, { level, x: x + 0.5, y: y + 0.5 });
    }
  }
  return segments;
}

// One bit per corner above the level, clockwise from top left; outside the map (NaN) nothing is above.
function codeOf(corners, level) {
  return (
    (corners[0] > level ? 1 : 0) |
    (corners[1] > level ? 2 : 0) |
    (corners[2] > level ? 4 : 0) |
    (corners[3] > level ? 8 : 0)
  );
}

// Which sides of a cell a segment joins: 0 top, 1 right, 2 bottom, 3 left. In the two saddles (5,
// 10) the flagged corners belong together, because regions are 8-connected: the segments cut off
// the corners that are not flagged.
const SIDES = {
  1: [3, 0], 2: [0, 1], 3: [3, 1], 4: [1, 2], 5: [0, 1, 2, 3], 6: [0, 2], 7: [3, 2],
  8: [2, 3], 9: [2, 0], 10: [3, 0, 1, 2], 11: [2, 1], 12: [1, 3], 13: [1, 0], 14: [0, 3],
};

function addSegments(segments, code, corners, { level, x, y }) {
  const [topLeft, topRight, bottomRight, bottomLeft] = corners;
  for (const side of SIDES[code]) {
    if (side === 0) segments.push(x + crossing(topLeft, topRight, level), y);
    else if (side === 1) segments.push(x + 1, y + crossing(topRight, bottomRight, level));
    else if (side === 2) segments.push(x + crossing(bottomLeft, bottomRight, level), y + 1);
    else segments.push(x, y + crossing(topLeft, bottomLeft, level));
  }
}

// Where the level is crossed between two centres, as a share of the way from the first to the second.
function crossing(first, second, level) {
  if (Number.isNaN(first) || Number.isNaN(second)) return 0.5; // exactly on the border of the map
  const share = (level - first) / (second - first);
  return first > level ? Math.max(LEAST_REACH, share) : Math.min(1 - LEAST_REACH, share);
}
