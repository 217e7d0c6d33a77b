// The test examples that explorers share: their values, what is pointed at, which classes are shown.

// Reads examples from one picture, in which they are tiles.
function spriteReader({ kept, shape: [height, width, channels = 1] }, whenLoaded) {
  const image = Object.assign(new Image(), { onload: whenLoaded, src: kept.sprite });
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  return (place) => {
    context.drawImage(image, -width * (place % kept.columns), -height * Math.floor(place / kept.columns));
    const pixels = context.getImageData(0, 0, width, height).data.filter((_, n) => n % 4 < channels);
    return Float32Array.from(pixels, (value) => value / 255);
  };
}

// Reads examples from whole numbers between the limits of each channel; 65,535 is a missing value.
function numberReader({ kept, limits, shape }) {
  const numbers = new Uint16Array(bytesOf(kept.values || "").buffer), size = product(shape);
  const value = (number, n) => {
    const [low, high] = limits[n % limits.length];
    return number === 65535 ? NaN : low + (number / 65534) * (high - low);
  };
  return (place) => Float32Array.from(numbers.subarray(place * size, (place + 1) * size), value);
}

function makeLink(tests) {
  const link = { tests, example: -1, isLasso: false, hidden: new Set(), explorers: [] };
  const places = new Map((tests.kept.rows || []).map((n, place) => [n, place]));
  const schedule = () => link.explorers.forEach((explorer) => explorer.schedule());
  const read = tests.kept.sprite ? spriteReader(tests, schedule) : numberReader(tests);
  tests.exampleOf = (n) => (places.has(n) ? { mean: read(places.get(n)) } : null);
  tests.idOf = (n) => (tests.rows ? tests.rows[n] : n);
  const classOf = (label) => (label < 0 ? ", no label" : `, class ${tests.classNames[label]}`);
  tests.nameOf = (n) => `test example ${tests.idOf(n)}${tests.classNames.length > 1 ? classOf(tests.labels[n]) : ""}`;
  link.isShown = (n) => !link.hidden.has(tests.labels[n]);
  link.point = (n) => { if (n !== link.example) schedule(); link.example = n; };
  return link;
}

// Plays a piano roll: steps on end of a key that is likely on, or as likely as any, are one note.
let audio = null;
function play(found, [steps, keys]) {
  audio = audio || new AudioContext();
  const begin = audio.currentTime + 0.1, second = (step) => begin + step / 5, roll = found ? found.mean : [];
  const least = Math.min(0.5, 0.7 * rangeOf(roll)[1]), isOn = (step, key) => roll[step * keys + key] > least;
  for (let key = 0; key < keys; key++) {
    for (let step = 0, start = 0; step < steps; start = ++step) {
      if (!isOn(step, key)) continue;
      while (isOn(step + 1, key)) step++; // Beyond the last step there is nothing.
      const tone = new OscillatorNode(audio, { type: "triangle", frequency: 440 * 2 ** ((key - 48) / 12) });
      const loudness = new GainNode(audio, { gain: 0.12 });
      loudness.gain.exponentialRampToValueAtTime(0.001, second(step + 1));
      tone.connect(loudness).connect(audio.destination);
      tone.start(second(start));
      tone.stop(second(step + 1));
    }
  }
}
