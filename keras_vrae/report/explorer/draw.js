// Examples on a canvas, by kind: images, series, piano rolls, tokens; and the words of documents.

const classColours = []; // Filled when the page starts.
const inWords = (number) => number.toLocaleString("en", { maximumSignificantDigits: 3 });
const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

// Clears a canvas and makes it as sharp as the screen: a box in units of CSS.
function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1, { clientWidth: width, clientHeight: height } = canvas;
  Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  canvas.getContext("2d").scale(ratio, ratio);
  return { context: canvas.getContext("2d"), x: 0, y: 0, width, height };
}

function trace(context, points) {
  context.beginPath();
  points.forEach((point) => context.lineTo(...point));
  return context;
}

// Grey images are dark on white, as in the plots. In a roll, time goes right and keys go up.
function drawPicture(box, values, [height, width, channels = 1], isRoll) {
  const picture = isRoll ? new OffscreenCanvas(height, width) : new OffscreenCanvas(width, height);
  const pixels = new ImageData(picture.width, picture.height);
  for (let n = 0; n < height * width; n++) {
    const row = Math.floor(n / width), to = 4 * (isRoll ? (width - 1 - (n % width)) * height + row : n);
    for (let c = 0; c < 3; c++) pixels.data[to + c] = 255 * (channels === 3 ? values[3 * n + c] : 1 - values[n]);
    pixels.data[to + 3] = 255;
  }
  picture.getContext("2d").putImageData(pixels, 0, 0);
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const [wide, tall] = isRoll ? [box.width, box.height] : [scale * width, scale * height];
  box.context.imageSmoothingEnabled = false;
  box.context.drawImage(picture, box.x + (box.width - wide) / 2, box.y + (box.height - tall) / 2, wide, tall);
}

// The channels below each other, each between its limits, with a band of two scales on both sides.
function drawSeries({ context, x: left, y: top, width, height, isSmall }, found, { shape, limits, channels: names }) {
  const [steps, channels = 1] = shape, tall = height / channels, across = (width - 4) / Math.max(1, steps - 1);
  for (let channel = 0; channel < channels; channel++) {
    const [low, high] = limits[channel], bottom = top + (channel + 1) * tall;
    const at = (step) => step * channels + channel, value = (step) => found.mean[at(step)];
    const place = (step, y) => [left + 2 + step * across, bottom - 2 - ((y - low) * (tall - 4)) / (high - low)];
    const there = upTo(steps).filter((step) => !Number.isNaN(value(step)));
    context.save();
    trace(context, []).rect(left, bottom - tall, width, tall);
    context.clip();
    context.fillStyle = context.strokeStyle = classColours[channel % classColours.length];
    context.lineWidth = isSmall ? 1 : 1.6;
    trace(context, there.map((step) => place(step, value(step)))).stroke();
    context.globalAlpha = 0.22;
    const band = (sign) => there.map((step) => place(step, value(step) + 2 * sign * found.scale[at(step)]));
    if (found.scale) trace(context, [...band(1), ...band(-1).reverse()]).fill();
    context.restore();
    if (isSmall) continue;
    context.fillStyle = colourOf("--faint-pen");
    context.font = "10px system-ui, sans-serif";
    context.fillText(`${inWords(high)}   ${names[channel] || ""}`, left + 3, bottom - tall + 11);
    context.fillText(inWords(low), left + 3, bottom - 4);
  }
}

// A cell for each step in the colour of its token; below it, the probability of each category.
function drawTokens({ context, x, y, width, height }, { mean, probabilities = [] }, { categories }) {
  const wide = width / mean.length, tall = probabilities.length ? height / 4 : height;
  const cell = (step, top, high, category, share) => {
    context.fillStyle = `hsl(${(360 * category) / categories} 55% 55% / ${share})`;
    context.fillRect(x + step * wide, y + top, wide, high);
  };
  mean.forEach((token, step) => cell(step, 0, tall, token, 1));
  probabilities.forEach((share, n) => {
    const row = (height - tall) / categories, category = n % categories;
    cell(Math.floor(n / categories), tall + category * row, row, category, share);
  });
}

function drawExample(box, found, about) {
  if (about.kind === "tokens") drawTokens(box, found, about);
  else if (about.kind === "series") drawSeries(box, found, about);
  else drawPicture(box, found.mean, about.shape, about.kind === "roll");
}

function largest(values, count) {
  const least = Float64Array.from(values).sort()[Math.max(0, values.length - count)]; // Quick, as it is of numbers.
  return upTo(values.length).filter((n) => values[n] >= least).sort((a, b) => values[b] - values[a]).slice(0, count);
}

// The likeliest words, and those whose part of the divergence from usual shares is largest.
function wordLists(shares, usual, vocabulary) {
  const item = (text) => (n) => make("li", {}, vocabulary[n], make("span", {}, text(n)));
  const list = (title, terms, text) => make("ol", {}, make("b", {}, title), ...terms.map(item(text)));
  const share = (n) => `${(100 * shares[n]).toFixed(2)} %`, ratio = (n) => shares[n] / usual[n];
  const move = (n) => (ratio(n) > 1 ? `▲ ${ratio(n).toPrecision(2)}×` : `▼ ${(1 / ratio(n)).toPrecision(2)}×`);
  const moves = shares.map((value, n) => (value - usual[n]) * Math.log((value + 1e-12) / (usual[n] + 1e-12)));
  return [list("likeliest words", largest(shares, 20), share), list("moved most", largest(moves, 10), move)];
}
