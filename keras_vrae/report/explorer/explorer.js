// One run: its plane of codes, and what its decoder makes of the point under the pointer.

const PICTURES = 9; // Of the way between two pins.

// `link` has the test examples, and all that explorers of the same ones share; see `makeLink`.
function makeExplorer(run, link, element) {
  const { tests } = link, Z = run.latentDim, isText = tests.kind === "text";
  const codes = floatsOfHalves(run.codes), count = codes.length / Z;
  const codeOf = (n) => Float64Array.from(codes.subarray(n * Z, (n + 1) * Z));
  const bases = [makeBasis(Z)], axes = [0, Math.min(1, Z - 1)], shown = [null, null];
  if (run.directions) bases.unshift(makeBasis(Z, run.centre, floatsOf(run.directions)));
  let basis, coordinates, here, points, view, decoder, usual, waiting;
  const [canvas, overlay] = element.querySelectorAll(".stage canvas"), strip = element.querySelector(".strip");
  const views = element.querySelectorAll("figure > :first-child"), captions = element.querySelectorAll("figcaption");
  const self = { name: run.name, pointer: null, pins: [], share: 0.5, lasso: [] };
  element.querySelectorAll(".play").forEach((button, n) => { button.onclick = () => play(shown[n], tests.shape); });
  element.querySelector(".basis").onchange = (event) => choose(event.target.selectedIndex);
  element.querySelectorAll(".axis").forEach((select, n) => {
    select.selectedIndex = axes[n];
    select.onchange = () => { axes[n] = select.selectedIndex; place(); };
  });
  function choose(number) {
    basis = bases[number];
    coordinates = new Float32Array(codes.length);
    for (let n = 0; n < count; n++) coordinates.set(basis.coordinatesOf(codeOf(n)), n * Z);
    here = basis.coordinatesOf(run.centre);
    place();
  }
  // Puts the examples on the plane of the chosen axes, and the sliders of the other axes where they are.
  function place() {
    points = new Float32Array(2 * count).map((_, at) => coordinates[(at >> 1) * Z + axes[at % 2]]);
    element.querySelectorAll(".sliders input").forEach((slider, axis) => {
      [slider.min, slider.max] = rangeOf(coordinates.filter((_, at) => at % Z === axis));
      slider.value = here[axis];
      slider.parentNode.hidden = axes.includes(axis);
      slider.oninput = () => { here[axis] = Number(slider.value); self.schedule(); };
    });
    self.redraw();
  }
  self.redraw = () => {
    const { context, width } = prepare(canvas), size = Math.min(5, Math.max(2.5, 90 / Math.sqrt(count)));
    view = makeView(points, width);
    drawPrior(context);
    context.globalAlpha = 0.75;
    for (let n = 0; n < count; n++) {
      const label = tests.labels[n], [x, y] = view.toPixels(points[2 * n], points[2 * n + 1]);
      if (!link.isShown(n)) continue;
      context.fillStyle = context.strokeStyle = label < 0 ? "#999" : classColours[label % classColours.length];
      context[label < classColours.length ? "fillRect" : "strokeRect"](x - size / 2, y - size / 2, size, size);
    }
    drawStrip();
    self.schedule();
  };
  // The components of the prior, as ellipses of two standard deviations.
  function drawPrior(context) {
    context.strokeStyle = colourOf("--faint-pen");
    context.setLineDash([3, 3]);
    run.prior.forEach(({ mean, variance, weight }) => {
      const ellipse = ellipseOf(basis.covariance(variance, ...axes)), [x, y] = self.pixelsOf(mean);
      context.globalAlpha = Math.min(1, Math.max(0.12, 12 * weight));
      trace(context, ellipse.map(([dx, dy]) => [x + dx * view.scale, y - dy * view.scale])).closePath();
      context.stroke();
    });
    context.setLineDash([]);
  }
  function drawStrip() {
    strip.hidden = self.pins.length < 2 || isText;
    const box = prepare(strip), width = box.width / PICTURES;
    for (let n = 0; !strip.hidden && n < PICTURES; n++) {
      const found = self.decode(mixed(...self.pins, n / (PICTURES - 1)));
      drawExample({ ...box, x: n * width + 1, width: width - 2, isSmall: true }, found, tests);
    }
  }
  function drawOverlay(z) {
    const { context } = prepare(overlay), pins = self.pins.map(self.pixelsOf);
    const dot = (at, radius, way) => { trace(context, []).arc(...at, radius, 0, 7); context[way](); };
    context.strokeStyle = context.fillStyle = colourOf("--pen");
    context.lineWidth = 1.5;
    [pins, self.lasso].forEach((line) => trace(context, line).stroke());
    pins.forEach((pin) => dot(pin, 5, "stroke"));
    if (pins.length === 2) dot(mixed(...pins, self.share), 5, "fill");
    context.lineWidth = 2.5;
    dot(self.pixelsOf(z), link.example < 0 ? 3 : 8, "stroke");
  }
  self.pixelsOf = (z) => view.toPixels(...axes.map((axis) => basis.coordinatesOf(z)[axis]));
  function latentAt(pixels) {
    const found = Float64Array.from(here), [x, y] = view.toPlane(...pixels);
    [found[axes[1]], found[axes[0]]] = [y, x];
    return basis.latentOf(found);
  }
  // What is decoded: the example that is pointed at in any plane, the pointer, or what is pinned.
  self.target = () => {
    const { pins, pointer, share } = self;
    if (link.example >= 0) return [codeOf(link.example), "its reconstruction"];
    if (pointer) return [latentAt(pointer), "decoded under the pointer"];
    if (pins.length === 2) return [mixed(...pins, share), `decoded at ${Math.round(100 * share)} % of the way`];
    return pins.length ? [pins[0], "decoded at the pin"] : [basis.latentOf(here), "decoded at the centre"];
  };
  const weights = () => JSON.parse(document.getElementById(run.weights).textContent);
  self.decode = (z) => (decoder = decoder || makeDecoder(weights()))(z);
  function show(number, found, caption, words) {
    shown[number] = found;
    captions[number].textContent = caption;
    if (isText) views[number].replaceChildren(...words);
    else if (found) drawExample(prepare(views[number]), found, tests);
    else prepare(views[number]);
  }
  self.frame = () => {
    const n = link.example, [z, caption] = self.target(), found = self.decode(z);
    if (isText) usual = usual || self.decode(run.centre).mean;
    show(0, found, caption, isText ? wordLists(found.mean, usual, tests.vocabulary) : []);
    if (n < 0) show(1, null, "point at a test example", []);
    else show(1, tests.exampleOf(n), tests.nameOf(n), [tests.titles[n]]);
    drawOverlay(z);
  };
  self.schedule = () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(self.frame); };
  self.hover = (pixels) => {
    self.pointer = pixels;
    link.point(pixels ? nearest(points, ...view.toPlane(...pixels), NEAR / view.scale, link.isShown) : -1);
    self.schedule();
  };
  self.pin = () => {
    const [z] = self.target();
    here = basis.coordinatesOf(z); // The sliders go to the example.
    self.pins = self.pins.length === 2 ? [z] : [...self.pins, z];
    self.share = 0.5;
    place();
  };
  self.clear = () => { self.pins = []; self.hover(null); self.redraw(); };
  self.listInside = () => {
    const at = (n) => view.toPixels(points[2 * n], points[2 * n + 1]);
    link.list(upTo(count).filter((n) => link.isShown(n) && isInside(self.lasso, ...at(n))));
  };
  self.start = () => choose(0);
  attachGestures(self, overlay, link);
  return self;
}
