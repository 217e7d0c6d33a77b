"use strict";
// The decoder of a run: z in, the mean of p(x|z) out, as `vae.decode` gives it in Python.

const upTo = (count) => Array.from({ length: count }, (_, n) => n);
const product = (numbers) => numbers.reduce((a, b) => a * b, 1);
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const elu = (x) => (x > 0 ? x : Math.expm1(x)), silu = (x) => x * sigmoid(x), relu = (x) => (x > 0 ? x : 0);
const activations = { relu, elu, silu, softplus, sigmoid, tanh: Math.tanh };

const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const floatsOf = (base64) => new Float32Array(bytesOf(base64).buffer);

function singleOfHalf(half) {
  const sign = half & 0x8000 ? -1 : 1, exponent = (half >> 10) & 31, fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return exponent < 31 ? sign * (1024 + fraction) * 2 ** (exponent - 25) : fraction ? NaN : sign * Infinity;
}

const singles = Float32Array.from(upTo(65536), singleOfHalf);
const floatsOfHalves = (base64) => Float32Array.from(new Uint16Array(bytesOf(base64).buffer), (half) => singles[half]);

// x times a kernel, whose rows are those of x, plus a bias.
function affine(x, kernel, bias) {
  const y = bias.slice(), columns = y.length;
  for (let row = 0, at = 0; row < x.length; row++, at += columns) {
    const value = x[row];
    if (value === 0) continue; // Half of the values after a ReLU.
    for (let column = 0; column < columns; column++) y[column] += value * kernel[at + column];
  }
  return y;
}

function softmax(logits) {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const shares = logits.map((logit) => Math.exp(logit - highest));
  const total = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => share / total);
}

// The steps of recurrent layers change a state: h, and c of an LSTM. The gates are in Keras's order.
const recurrentSteps = {
  lstm(x, [h, c], { kernel, recurrent, bias }) { // Input, forget, new, output.
    const gates = affine(h, recurrent, affine(x, kernel, bias)), units = h.length;
    for (let n = 0; n < units; n++) {
      c[n] = sigmoid(gates[units + n]) * c[n] + sigmoid(gates[n]) * Math.tanh(gates[2 * units + n]);
      h[n] = sigmoid(gates[3 * units + n]) * Math.tanh(c[n]);
    }
  },
  gru(x, [h], { kernel, recurrent, bias }) { // Update, reset, new; the reset comes after the product.
    const units = h.length, ofX = affine(x, kernel, bias.subarray(0, 3 * units));
    const ofH = affine(h, recurrent, bias.subarray(3 * units));
    for (let n = 0; n < units; n++) {
      const update = sigmoid(ofX[n] + ofH[n]), reset = sigmoid(ofX[units + n] + ofH[units + n]);
      const fresh = Math.tanh(ofX[2 * units + n] + reset * ofH[2 * units + n]);
      h[n] = update * h[n] + (1 - update) * fresh;
    }
  },
};

function makeDecoder({ description: about, ...arrays }) {
  const half = floatsOfHalves(arrays.half), single = floatsOf(arrays.single), { categories } = about.head;
  const kernelOf = ({ at, shape }) => half.subarray(at, at + product(shape));
  const biasOf = ({ at, shape }) => single.subarray(at, at + product(shape));
  function denseLayer(layer) {
    const kernel = kernelOf(layer.kernel), bias = biasOf(layer.bias), activation = activations[layer.activation];
    return (x) => (activation ? affine(x, kernel, bias).map(activation) : affine(x, kernel, bias));
  }
  function recurrentNetwork() {
    const output = denseLayer(about.output), width = about.output.bias.shape[0];
    const stack = about.stack.map(({ first, kernel, recurrent, bias }) => {
      const layer = { kernel: kernelOf(kernel), recurrent: kernelOf(recurrent), bias: biasOf(bias) };
      return { ...layer, first: denseLayer(first), units: recurrent.shape[0] };
    });
    return (z) => {
      const parameters = new Float32Array(about.steps * width);
      const states = stack.map(({ first, units }) => [first(z).slice(0, units), first(z).slice(units)]);
      let read = about.readsZ ? [] : [1]; // A constant, if there is nothing else to read.
      if (about.readsItself) read = features(new Float32Array(product(about.eventShape.slice(1))), true);
      for (let step = 0; step < about.steps; step++) {
        let x = about.readsZ ? [...read, ...z] : read;
        stack.forEach((layer, number) => {
          recurrentSteps[about.kind](x, states[number], layer);
          x = states[number][0];
        });
        const written = output(x);
        parameters.set(written, step * width);
        if (about.readsItself) read = features(heads[about.head.kind](written).mean);
      }
      return parameters;
    };
  }
  // What a network reads that reads what it wrote: the mean, or one-hot vectors; zeros at first.
  function features(mean, isFirst) {
    const oneHot = new Float32Array(mean.length * (categories || 1));
    if (!isFirst) mean.forEach((category, place) => { oneHot[place * categories + category] = 1; });
    return categories ? oneHot : mean;
  }
  // Likelihoods, in the units of the networks: the mean, and a scale or probabilities.
  const heads = {
    bernoulli: (logits) => ({ mean: logits.map(sigmoid) }),
    multinomial: (logits) => ({ mean: softmax(logits) }),
    gaussian(parameters) {
      const { scale, largestLogScale: most } = about.head;
      if (scale !== "per_value") return { mean: parameters, scale: parameters.map(() => scale) };
      const mean = parameters.filter((_, n) => n % 2 === 0), logScale = parameters.filter((_, n) => n % 2);
      return { mean, scale: logScale.map((value) => Math.exp(Math.min(most, Math.max(-most, value)))) };
    },
    categorical(logits) {
      const probabilities = new Float32Array(logits.length);
      const mean = new Float32Array(logits.length / categories).map((_, place) => {
        const shares = softmax(logits.subarray(place * categories, (place + 1) * categories));
        probabilities.set(shares, place * categories);
        return shares.indexOf(shares.reduce((a, b) => Math.max(a, b)));
      });
      return { mean, probabilities };
    },
  };
  const layers = about.kind === "dense" ? about.layers.map(denseLayer) : [recurrentNetwork()];
  return (z) => {
    const found = heads[about.head.kind](layers.reduce((x, layer) => layer(x), Float32Array.from(z)));
    if (about.units) {
      const { mean, scale } = about.units, channels = mean.length;
      found.mean = found.mean.map((value, n) => value * scale[n % channels] + mean[n % channels]);
      if (found.scale) found.scale = found.scale.map((value, n) => value * scale[n % channels]);
    }
    return found;
  };
}
