// Pictures of examples on a canvas, by kind: images, series, piano rolls, tokens.

const classColours = []; // Filled when the page starts.

const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

// Makes a canvas as sharp as the screen; returns its context in units of CSS, and its size.
function prepare(canvas, height) {
  const width = canvas.clientWidth, ratio = window.devicePixelRatio || 1;
  const tall = height || canvas.clientHeight;
  const pixels = [Math.round(width * ratio), Math.round(tall * ratio)];
  if (canvas.width !== pixels[0]) canvas.width = pixels[0];
  if (canvas.height !== pixels[1]) canvas.height = pixels[1];
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, tall);
  return { context, width, height: tall };
}

// An image that is drawn as it is large: grey ones dark on white, as in the plots.
function pictureOf(values, [height, width, channels], isRoll) {
  const picture = new OffscreenCanvas(isRoll ? height : width, isRoll ? width : height);
  const pixels = new ImageData(picture.width, picture.height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = row * width + column;
      const to = 4 * (isRoll ? (width - 1 - column) * height + row : from);
      for (let channel = 0; channel < 3; channel++) {
        const value = channels === 3 ? values[3 * from + channel] : 1 - values[from * (channels || 1)];
        pixels.data[to + channel] = 255 * value;
      }
      pixels.data[to + 3] = 255;
    }
  }
  picture.getContext("2d").putImageData(pixels, 0, 0);
  return picture;
}

function drawPicture(box, values, shape, isRoll) {
  const picture = pictureOf(values, shape, isRoll), { context } = box;
  const scale = isRoll ? 0 : Math.min(box.width / picture.width, box.height / picture.height);
  const [width, height] = isRoll ? [box.width, box.height] : [scale * picture.width, scale * picture.height];
  context.imageSmoothingEnabled = false;
  const place = [box.x + (box.width - width) / 2, box.y + (box.height - height) / 2];
  context.drawImage(picture, ...place, width, height);
}

// Lines of the channels, each between its own limits, with a band of two scales around them.
function drawSeries(box, found, [steps, channels = 1], limits, isSmall) {
  const { context } = box, inset = isSmall ? 2 : 4, tall = box.height / channels;
  for (let channel = 0; channel < channels; channel++) {
    const [low, high] = limits[channel], top = box.y + channel * tall;
    const x = (step) => box.x + inset + (step / Math.max(1, steps - 1)) * (box.width - 2 * inset);
    const y = (value) => top + tall - inset - ((value - low) / (high - low || 1)) * (tall - 2 * inset);
    const value = (step) => found.mean[step * channels + channel];
    context.save();
    context.beginPath();
    context.rect(box.x, top, box.width, tall);
    context.clip();
    context.fillStyle = context.strokeStyle = classColours[channel % classColours.length];
    if (found.scale) {
      context.globalAlpha = 0.22;
      context.beginPath();
      const edge = (step, sign) => {
        context.lineTo(x(step), y(value(step) + 2 * sign * found.scale[step * channels + channel]));
      };
      for (let step = 0; step < steps; step++) edge(step, 1);
      for (let step = steps - 1; step >= 0; step--) edge(step, -1);
      context.fill();
      context.globalAlpha = 1;
    }
    context.lineWidth = isSmall ? 1 : 1.6;
    context.beginPath();
    for (let step = 0; step < steps; step++) if (!Number.isNaN(value(step))) context.lineTo(x(step), y(value(step)));
    context.stroke();
    context.restore();
    if (isSmall) continue;
    context.fillStyle = colourOf("--faint");
    context.font = "10px system-ui, sans-serif";
    context.fillText(high.toPrecision(3), box.x + 3, top + 11);
    context.fillText(low.toPrecision(3), box.x + 3, top + tall - 4);
    context.fillText(box.names[channel] || "", box.x + 48, top + 11);
  }
}

// A cell for each step, in the colour of its token; below, the probability of each category.
function drawTokens(box, found, categories) {
  const { context } = box, steps = found.mean.length, width = box.width / steps;
  const shares = found.probabilities, tall = shares ? box.height / 4 : box.height;
  found.mean.forEach((token, step) => {
    context.fillStyle = `hsl(${(360 * token) / categories} 55% 55%)`;
    context.fillRect(box.x + step * width, box.y, width + 0.5, tall);
  });
  if (!shares) return;
  context.fillStyle = colourOf("--accent");
  const row = (box.height - tall - 4) / categories;
  shares.forEach((share, n) => {
    context.globalAlpha = share;
    const place = [box.x + Math.floor(n / categories) * width, box.y + tall + 4 + (n % categories) * row];
    context.fillRect(...place, width, row);
  });
  context.globalAlpha = 1;
}

function drawExample(box, found, about) {
  const isRoll = about.kind === "roll";
  if (isRoll || about.kind === "image") drawPicture(box, found.mean, about.shape, isRoll);
  else if (about.kind === "tokens") drawTokens(box, found, about.categories);
  else drawSeries(box, found, about.shape, about.limits, box.isSmall);
}

// The numbers of the `count` largest values, the largest first.
function largest(values, count) {
  const found = [];
  values.forEach((value, number) => {
    if (found.length === count && value <= values[found[count - 1]]) return;
    let place = found.length;
    while (place && values[found[place - 1]] < value) place--;
    found.splice(place, 0, number);
    if (found.length > count) found.pop();
  });
  return found;
}

// Each term's part of the divergence of shares from others, in both directions together.
const movesOf = (shares, base) =>
  shares.map((share, n) => (share - base[n]) * Math.log((share + 1e-12) / (base[n] + 1e-12)));
