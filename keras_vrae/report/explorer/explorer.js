// One run: its plane of codes, and what its decoder makes of the point under the pointer.

// Makes an element. Children that are strings become text, never markup.
function make(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const NEAR = 9, MOVE = 0.02, STRIP = 9; // Pixels, share of the plane for a key, pictures of a way.

// `link` is shared by the explorers of the same test examples: see `makeLink`.
function makeExplorer(run, link) {
  const { tests } = link, Z = run.latentDim, codes = floatsOfHalves(run.codes);
  const codeOf = (n) => codes.subarray(n * Z, (n + 1) * Z);
  const bases = { "latent dimensions": makeBasis(Z) };
  if (run.directions) bases["principal directions"] = makeBasis(Z, run.centre, floatsOf(run.directions));
  let basis, axes = [0, Math.min(1, Z - 1)], all, base, points, view;
  let pointer = null, pins = [], share = 0.5, pressed = null, lasso = null, decoder = null, waiting = false;

  const canvas = make("canvas", { className: "points" });
  const overlay = make("canvas", { className: "overlay", tabIndex: 0, ariaLabel: `latent space of ${run.name}` });
  const views = ["decoded", "example"].map(() => ({
    canvas: make("canvas", {}), words: make("div", { className: "words" }), caption: make("figcaption", {}),
  }));
  const strip = make("canvas", { className: "strip", hidden: true });
  const controls = make("div", { className: "controls" }), sliders = make("div", { className: "sliders" });
  const figures = views.map((part) => make("figure", {}, tests.kind === "text" ? part.words : part.canvas, part.caption));
  const element = make("article", { className: "explorer" }, make("h3", {}, run.name, make("small", {}, run.note)),
    make("div", { className: "stage" }, canvas, overlay), make("div", { className: "views" }, ...figures), strip, controls);
  if (tests.kind === "roll") figures.forEach((figure, n) => figure.append(make("button", { onclick: () => play(shown[n], tests.shape) }, "play")));
  const shown = [null, null];

  function chooseBasis(name) {
    basis = bases[name];
    all = new Float32Array(codes.length);
    for (let n = 0; n < codes.length / Z; n++) all.set(basis.coordinatesOf(codeOf(n)), n * Z);
    base = basis.coordinatesOf(run.centre);
    place();
  }

  // Puts the examples on the plane of the chosen axes, and a slider for each other axis.
  function place() {
    const y = (n) => (Z > 1 ? all[n * Z + axes[1]] : ((n * 0.618) % 1) - 0.5);
    points = Float32Array.from({ length: (2 * codes.length) / Z }, (_, at) => (at % 2 ? y((at - 1) / 2) : all[(at / 2) * Z + axes[0]]));
    sliders.replaceChildren(...Array.from({ length: Z }, (_, axis) => axis).filter((axis) => !axes.includes(axis)).map((axis) => {
      let low = Infinity, high = -Infinity;
      for (let at = axis; at < all.length; at += Z) [low, high] = [Math.min(low, all[at]), Math.max(high, all[at])];
      const slider = make("input", { type: "range", min: low, max: high, step: "any", value: base[axis] });
      slider.oninput = () => { base[axis] = Number(slider.value); schedule(); };
      return make("label", {}, String(axis + 1), slider);
    }));
    drawPoints();
  }

  function makeControls() {
    const select = (options, chosen, use) => {
      const made = make("select", {}, ...options.map((text, value) => make("option", { value }, text)));
      made.value = chosen;
      made.onchange = () => use(Number(made.value));
      return made;
    };
    const names = Object.keys(bases).reverse(), numbers = Array.from({ length: Z }, (_, n) => String(n + 1));
    const axis = (which) => select(numbers, axes[which], (n) => { axes[which] = n; place(); });
    controls.append(select(names, 0, (n) => chooseBasis(names[n])), "across", axis(0), "up", axis(1),
      make("details", { open: Z < 9 }, make("summary", {}, `the other ${Z - 2}`), sliders));
  }

  function drawPoints() {
    const { context, width } = prepare(canvas);
    view = makeView(points, width);
    drawPrior(context);
    points.forEach((_, at) => {
      const n = at / 2, label = tests.labels[n];
      if (at % 2 || !link.isShown(n)) return;
      const [x, y] = view.toPixels(points[at], points[at + 1]);
      context.fillStyle = context.strokeStyle = label < 0 ? "#999" : classColours[label % classColours.length];
      context.globalAlpha = points.length > 4000 ? 0.55 : 0.85;
      if (label < classColours.length) context.fillRect(x - 1.5, y - 1.5, 3, 3);
      else context.strokeRect(x - 1.5, y - 1.5, 3, 3);
    });
    schedule();
  }

  // The components of the prior, as ellipses of two standard deviations.
  function drawPrior(context) {
    context.strokeStyle = colourOf("--faint");
    context.setLineDash([3, 3]);
    run.prior.forEach(({ mean, variance, weight }) => {
      const middle = basis.coordinatesOf(mean), [x, y] = view.toPixels(middle[axes[0]], middle[axes[1]]);
      const { long, short, angle } = ellipseOf(basis.covariance(variance, ...axes));
      context.globalAlpha = Math.min(1, Math.max(0.12, weight * 4));
      context.beginPath();
      context.ellipse(x, y, 2 * long * view.scale, 2 * short * view.scale, -angle, 0, 2 * Math.PI);
      context.stroke();
    });
    context.setLineDash([]);
  }

  const pixelsOf = (z) => {
    const found = basis.coordinatesOf(z);
    return view.toPixels(found[axes[0]], found[axes[1]]);
  };
  function latentAt([x, y]) {
    const coordinates = Float64Array.from(base);
    [coordinates[axes[0]], coordinates[axes[1]]] = view.toPlane(x, y);
    if (Z === 1) coordinates[0] = view.toPlane(x, y)[0];
    return basis.latentOf(coordinates);
  }

  // What is shown: an example that is pointed at anywhere, the pointer, or what is pinned.
  function target() {
    if (link.example >= 0) return { z: codeOf(link.example), text: `reconstruction of ${tests.idOf(link.example)}` };
    if (pointer && pressed !== "way") return { z: latentAt(pointer), text: "decoded under the pointer" };
    if (pins.length === 2) return { z: mixed(...pins, share), text: `${Math.round(100 * share)} % of the way` };
    return pins.length ? { z: pins[0], text: "decoded at the pin" } : { z: basis.latentOf(base), text: "decoded at the centre" };
  }

  function drawOverlay(z) {
    const { context } = prepare(overlay), ink = colourOf("--ink"), places = pins.map(pixelsOf);
    const ring = ([x, y], radius) => { context.beginPath(); context.arc(x, y, radius, 0, 7); context.stroke(); };
    context.strokeStyle = context.fillStyle = ink;
    context.lineWidth = 1.5;
    [places, lasso || []].forEach((way) => { context.beginPath(); way.forEach((at) => context.lineTo(...at)); context.stroke(); });
    places.forEach((at) => ring(at, 5));
    if (places.length === 2) { context.beginPath(); context.arc(...mixed(...places, share), 5, 0, 7); context.fill(); }
    context.lineWidth = 2.5;
    if (link.example >= 0) ring(view.toPixels(points[2 * link.example], points[2 * link.example + 1]), 8);
    else ring(pixelsOf(z), 3);
  }

  function drawStrip() {
    strip.hidden = pins.length < 2 || tests.kind === "text";
    if (strip.hidden) return;
    const { context, width, height } = prepare(strip);
    for (let n = 0; n < STRIP; n++) {
      const box = { context, x: (n * width) / STRIP + 1, y: 0, width: width / STRIP - 2, height, isSmall: true };
      drawExample(box, decode(mixed(...pins, n / (STRIP - 1))), tests);
    }
  }

  function decode(z) {
    decoder = decoder || makeDecoder(JSON.parse(document.getElementById(run.weights).textContent));
    return decoder.decode(z);
  }

  function show(number, found, text, words) {
    const part = views[number];
    shown[number] = found;
    part.caption.textContent = text;
    if (tests.kind === "text") return part.words.replaceChildren(...words);
    const box = prepare(part.canvas);
    if (found) drawExample({ ...box, x: 0, y: 0, names: tests.channels }, found, tests);
  }

  let usual = null; // Shares of terms at the centre of the codes.
  function wordsOf(shares) {
    usual = usual || decode(run.centre).mean;
    const moves = movesOf(shares, usual), item = (text, share) => make("li", {}, text, make("span", {}, share));
    const arrow = (n) => `${shares[n] > usual[n] ? "▲" : "▼"} ${Math.max(shares[n] / usual[n], usual[n] / shares[n]).toPrecision(2)}×`;
    return [make("ol", {}, ...largest(shares, 20).map((n) => item(tests.vocabulary[n], `${(100 * shares[n]).toFixed(1)} %`))),
      make("ol", {}, ...largest(moves, 10).map((n) => item(tests.vocabulary[n], arrow(n))))];
  }

  function frame() {
    waiting = false;
    const { z, text } = target(), found = decode(z), n = link.example;
    show(0, found, text, tests.kind === "text" ? wordsOf(found.mean) : []);
    show(1, n < 0 ? null : tests.exampleOf(n), n < 0 ? "point at an example" : tests.nameOf(n), n < 0 ? [] : [make("p", {}, tests.titles[n])]);
    drawOverlay(z);
  }
  function schedule() {
    if (!waiting) requestAnimationFrame(frame);
    waiting = true;
  }

  const at = (event) => [event.offsetX, event.offsetY];
  function hover(place) {
    pointer = place;
    const n = nearest(points, ...view.toPlane(...place), NEAR / view.scale, link.isShown);
    link.point(n);
    schedule();
  }
  function pin() {
    const z = link.example >= 0 ? Float64Array.from(codeOf(link.example)) : latentAt(pointer);
    base = basis.coordinatesOf(z); // The other coordinates stay where the example has them.
    pins = pins.length === 2 ? [z] : [...pins, z];
    share = 0.5;
    place();
    drawStrip();
  }
  overlay.onpointerdown = (event) => {
    const places = pins.map(pixelsOf), place = at(event);
    overlay.setPointerCapture(event.pointerId);
    const handle = places.length === 2 && mixed(...places, shareOfWay(...places, place));
    pressed = place;
    if (link.isLasso || event.shiftKey) lasso = [place];
    else if (handle && Math.hypot(handle[0] - place[0], handle[1] - place[1]) < NEAR) pressed = "way";
    overlay.onpointermove(event);
  };
  overlay.onpointermove = (event) => {
    if (lasso) { lasso.push(at(event)); schedule(); }
    else if (pressed === "way") { share = shareOfWay(...pins.map(pixelsOf), at(event)); link.point(-1); schedule(); }
    else hover(at(event));
  };
  overlay.onpointerup = (event) => {
    if (lasso) link.list(Array.from(tests.labels, (_, n) => n).filter((n) => link.isShown(n) && isInside(lasso, ...view.toPixels(points[2 * n], points[2 * n + 1]))));
    else if (pressed !== "way" && pressed && Math.hypot(pressed[0] - event.offsetX, pressed[1] - event.offsetY) < 6) pin();
    pressed = lasso = null;
    schedule();
  };
  overlay.onpointerleave = () => { pointer = null; link.point(-1); schedule(); };
  overlay.onkeydown = (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const step = MOVE * overlay.clientWidth * (event.shiftKey ? 5 : 1), from = pointer || pixelsOf(target().z);
    if (moves) hover(from.map((value, n) => value + step * moves[n]));
    else if (event.key === "Enter" && pointer) pin();
    else if (event.key === "Escape") { pins = []; pointer = null; link.point(-1); drawStrip(); schedule(); }
    else return;
    event.preventDefault();
  };
  if (Z > 2) makeControls();
  const start = () => chooseBasis(Object.keys(bases).pop());
  return { element, start, redraw: () => { drawPoints(); drawStrip(); }, schedule, frame, decode, hover, name: run.name };
}
