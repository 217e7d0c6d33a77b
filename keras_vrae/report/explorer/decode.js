"use strict";
// The decoder of a run: z in, the mean of p(x|z) out, as `vae.decode` gives it in Python.

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

// Numbers of half precision as single precision; every one of the 65,536 is computed once.
const singles = new Float32Array(65536);
function floatsOfHalves(base64) {
  if (singles[1] === 0) {
    for (let half = 0; half < 65536; half++) {
      const sign = half & 0x8000 ? -1 : 1, exponent = (half >> 10) & 31, fraction = half & 1023;
      if (exponent === 0) singles[half] = sign * fraction * 2 ** -24;
      else if (exponent < 31) singles[half] = sign * (1024 + fraction) * 2 ** (exponent - 25);
      else singles[half] = fraction ? NaN : sign * Infinity;
    }
  }
  return Float32Array.from(new Uint16Array(bytesOf(base64).buffer), (half) => singles[half]);
}

function floatsOf(base64) {
  return new Float32Array(bytesOf(base64).buffer);
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const activations = {
  linear: (x) => x,
  relu: (x) => (x > 0 ? x : 0),
  tanh: Math.tanh,
  sigmoid,
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  silu: (x) => x * sigmoid(x),
};

// Adds x times a kernel, whose rows are those of x, to y.
function addProduct(x, kernel, y) {
  const columns = y.length;
  for (let row = 0, at = 0; row < x.length; row++, at += columns) {
    const value = x[row];
    if (value === 0) continue; // Half of the values after a ReLU.
    for (let column = 0; column < columns; column++) y[column] += value * kernel[at + column];
  }
  return y;
}

function makeDecoder(weights) {
  const about = weights.description;
  const half = floatsOfHalves(weights.half), single = floatsOf(weights.single);
  const size = (place) => place.shape.reduce((product, n) => product * n, 1);
  const kernelOf = (place) => half.subarray(place.at, place.at + size(place));
  const biasOf = (place) => single.subarray(place.at, place.at + size(place));

  function denseLayer(layer) {
    const kernel = kernelOf(layer.kernel), bias = biasOf(layer.bias);
    const activation = activations[layer.activation];
    return (x) => {
      const y = addProduct(x, kernel, bias.slice());
      return layer.activation === "linear" ? y : y.map(activation);
    };
  }

  // A layer's step takes x and its state (h, and c of an LSTM), and changes the state.
  function recurrentLayer(layer) {
    const kernel = kernelOf(layer.kernel), recurrent = kernelOf(layer.recurrent);
    const bias = biasOf(layer.bias), units = layer.recurrent.shape[0];
    const lstm = (x, [h, c]) => { // Gates in the order of Keras: input, forget, new, output.
      const gates = addProduct(h, recurrent, addProduct(x, kernel, bias.slice()));
      for (let n = 0; n < units; n++) {
        const fresh = sigmoid(gates[n]) * Math.tanh(gates[2 * units + n]);
        c[n] = sigmoid(gates[units + n]) * c[n] + fresh;
        h[n] = sigmoid(gates[3 * units + n]) * Math.tanh(c[n]);
      }
    };
    const gru = (x, [h]) => { // Update, reset, new; the reset comes after the product.
      const ofX = addProduct(x, kernel, bias.slice(0, 3 * units));
      const ofH = addProduct(h, recurrent, bias.slice(3 * units));
      for (let n = 0; n < units; n++) {
        const update = sigmoid(ofX[n] + ofH[n]), reset = sigmoid(ofX[units + n] + ofH[units + n]);
        const fresh = Math.tanh(ofX[2 * units + n] + reset * ofH[2 * units + n]);
        h[n] = update * h[n] + (1 - update) * fresh;
      }
    };
    const first = denseLayer(layer.first);
    const begin = (z) => {
      const state = first(z);
      return about.kind === "lstm" ? [state.slice(0, units), state.slice(units)] : [state];
    };
    return { begin, step: about.kind === "lstm" ? lstm : gru };
  }

  function denseNetwork() {
    const layers = about.layers.map(denseLayer);
    return (z) => layers.reduce((x, layer) => layer(x), z);
  }

  function recurrentNetwork() {
    const stack = about.stack.map(recurrentLayer), output = denseLayer(about.output);
    const width = about.output.bias.shape[0];
    return (z) => {
      const states = stack.map((layer) => layer.begin(z));
      const parameters = new Float32Array(about.steps * width);
      let read = about.readsItself ? null : about.readsZ ? [] : [1];
      for (let step = 0; step < about.steps; step++) {
        if (about.readsItself) {
          read = step ? features(parameters.subarray((step - 1) * width, step * width)) : nothing();
        }
        let x = about.readsZ ? [...read, ...z] : read;
        stack.forEach((layer, number) => {
          layer.step(x, states[number]);
          x = states[number][0];
        });
        parameters.set(output(x), step * width);
      }
      return parameters;
    };
  }

  // What a network that reads what it wrote reads: the mean, or the likeliest category.
  function features(parameters) {
    const { mean } = head(parameters);
    if (!about.head.categories) return mean;
    const oneHot = new Float32Array(parameters.length);
    mean.forEach((category, place) => { oneHot[place * about.head.categories + category] = 1; });
    return oneHot;
  }

  function nothing() {
    const places = about.eventShape.slice(1).reduce((product, n) => product * n, 1);
    return new Float32Array(places * (about.head.categories || 1));
  }

  function softmax(logits) {
    const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
    const shares = logits.map((logit) => Math.exp(logit - highest));
    const total = shares.reduce((a, b) => a + b, 0);
    return shares.map((share) => share / total);
  }

  // Likelihoods, in the units of the networks: the mean, and a scale or probabilities.
  const heads = {
    bernoulli: (logits) => ({ mean: logits.map(sigmoid) }),
    multinomial: (logits) => ({ mean: softmax(logits) }),
    gaussian: (parameters) => {
      const { scale, largestLogScale: most } = about.head;
      if (scale !== "per_value") return { mean: parameters, scale: parameters.map(() => scale) };
      const bounded = (n) => Math.exp(Math.min(most, Math.max(-most, parameters[2 * n + 1])));
      const numbers = Float32Array.from({ length: parameters.length / 2 }, (_, n) => n);
      return { mean: numbers.map((n) => parameters[2 * n]), scale: numbers.map(bounded) };
    },
    categorical: (logits) => {
      const many = about.head.categories, probabilities = new Float32Array(logits.length);
      const mean = new Float32Array(logits.length / many).map((_, place) => {
        const shares = softmax(logits.subarray(place * many, (place + 1) * many));
        probabilities.set(shares, place * many);
        return shares.indexOf(shares.reduce((a, b) => Math.max(a, b)));
      });
      return { mean, probabilities };
    },
  };
  const head = heads[about.head.kind];
  const network = about.kind === "dense" ? denseNetwork() : recurrentNetwork();

  function decode(z) {
    const found = head(network(Float32Array.from(z)));
    if (about.units) {
      const { mean, scale } = about.units, channels = mean.length;
      found.mean = found.mean.map((value, n) => value * scale[n % channels] + mean[n % channels]);
      if (found.scale) found.scale = found.scale.map((value, n) => value * scale[n % channels]);
    }
    return found;
  }
  return { decode, shape: about.eventShape, kind: about.head.kind };
}
