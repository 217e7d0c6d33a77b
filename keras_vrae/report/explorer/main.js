// The page: explorers next to each other, what links them, and tables that sort.

// The test examples that explorers share, what is pointed at, and which classes are shown.
function makeLink(tests, redraw) {
  const link = { tests, example: -1, isLasso: false, hidden: new Set(), explorers: [] };
  link.isShown = (n) => !link.hidden.has(tests.labels[n]);
  link.point = (n) => {
    if (n !== link.example) link.explorers.forEach((explorer) => explorer.schedule());
    link.example = n;
  };
  tests.rowOf = tests.rows || tests.labels.map((_, n) => n);
  tests.idOf = (n) => `test example ${tests.rowOf[n]}`;
  tests.nameOf = (n) => `${tests.idOf(n)}${tests.classNames.length > 1 ? `, ${tests.classNames[tests.labels[n]] ?? "no label"}` : ""}`;
  const kept = new Map((tests.kept.rows || []).map((row, place) => [row, place]));
  const read = tests.kept.sprite ? spriteReader(tests, redraw) : valuesReader(tests);
  tests.exampleOf = (n) => (kept.has(n) ? { mean: read(kept.get(n)) } : null);
  return link;
}

// Reads examples from one picture in which they are tiles.
function spriteReader({ kept, shape: [height, width, channels = 1] }, redraw) {
  const image = new Image(), canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  image.onload = redraw;
  image.src = kept.sprite;
  return (place) => {
    context.drawImage(image, -width * (place % kept.columns), -height * Math.floor(place / kept.columns));
    const pixels = context.getImageData(0, 0, width, height).data;
    return Float32Array.from({ length: width * height * channels }, (_, n) => pixels[4 * Math.floor(n / channels) + (n % channels)] / 255);
  };
}

// Reads examples from numbers of 16 bits between the limits of each channel; 65,535 is a missing one.
function valuesReader({ kept, limits, shape }) {
  const values = kept.values ? new Uint16Array(bytesOf(kept.values).buffer) : [], size = shape.reduce((a, b) => a * b, 1);
  const part = (value, [low, high]) => (value === 65535 ? NaN : low + (value / 65534) * (high - low));
  return (place) => Float32Array.from(values.subarray(place * size, (place + 1) * size), (value, n) => part(value, limits[n % limits.length]));
}

// Plays a piano roll: each run of steps in which a key is more likely on than off is one note.
function play(found, [steps, keys]) {
  if (!found) return;
  const audio = new AudioContext(), second = (step) => audio.currentTime + 0.1 + step / 5;
  for (let key = 0; key < keys; key++) {
    for (let step = 0; step < steps; step++) {
      const isOn = (n) => n < steps && found.mean[n * keys + key] > 0.5, start = step;
      if (!isOn(step)) continue;
      while (isOn(step + 1)) step++;
      const tone = audio.createOscillator(), loudness = audio.createGain();
      tone.type = "triangle";
      tone.frequency.value = 440 * 2 ** ((key + 21 - 69) / 12);
      loudness.gain.setValueAtTime(0.12, second(start));
      loudness.gain.exponentialRampToValueAtTime(0.001, second(step + 1));
      tone.connect(loudness).connect(audio.destination);
      tone.start(second(start));
      tone.stop(second(step + 1));
    }
  }
}

// Class filter, search and lasso of a link, and the list of what they find.
function makeTools(link) {
  const { tests } = link, results = make("ul", { className: "results" });
  const redraw = () => link.explorers.forEach((explorer) => explorer.redraw());
  link.list = (found) => results.replaceChildren(...found.slice(0, 200).map((n) => {
    const text = tests.kind === "text" ? `${tests.titles[n]} [${tests.nameOf(n)}]` : tests.nameOf(n), item = make("li", { tabIndex: 0 }, text), picture = make("canvas", {});
    item.onpointerenter = item.onfocus = () => link.point(n);
    const example = tests.exampleOf(n);
    if (example) { item.prepend(picture); requestAnimationFrame(() => drawExample({ ...prepare(picture), x: 0, y: 0, isSmall: true }, example, tests)); }
    return item;
  }), ...(found.length > 200 ? [`and ${found.length - 200} more`] : found.length ? [] : ["nothing found"]));
  const chips = tests.classNames.length < 2 ? [] : tests.classNames.map((name, label) => {
    const box = make("input", { type: "checkbox", checked: true }), mark = make("i", { className: label < classColours.length ? "mark" : "mark ring" });
    mark.style.color = classColours[label % classColours.length];
    box.onchange = () => { link.hidden[box.checked ? "delete" : "add"](label); redraw(); };
    return make("label", {}, box, mark, name);
  });
  const every = make("button", { onclick: () => chips.forEach((chip, n) => { chip.firstChild.checked = link.hidden.has(n) ; chip.firstChild.onchange(); }) }, "invert");
  const search = make("input", { type: "search", placeholder: tests.kind === "text" ? "number or title" : "number of an example" });
  search.oninput = () => {
    const asked = search.value.trim().toLowerCase();
    link.list(!asked ? [] : tests.rowOf.map((_, n) => n).filter((n) => String(tests.rowOf[n]) === asked || (tests.titles[n] || "").toLowerCase().includes(asked)));
    if (!asked) results.replaceChildren();
  };
  const lasso = make("input", { type: "checkbox", onchange: () => { link.isLasso = lasso.checked; } });
  return make("div", { className: "tools" }, make("div", { className: "classes" }, ...chips, ...(chips.length ? [every] : [])),
    search, make("label", {}, lasso, "lasso"), results);
}

// Sorts a table by the column whose header is clicked, first downwards.
function makeSortable(table) {
  [...table.tHead.rows[0].cells].forEach((header, column) => {
    const button = make("button", {}, ...header.childNodes);
    const key = (row) => row.cells[column].textContent, number = (text) => parseFloat(text.replace(/,/g, ""));
    button.onclick = () => {
      const sign = header.ariaSort === "descending" ? 1 : -1, body = table.tBodies[0];
      const order = (a, b) => sign * (number(key(a)) - number(key(b)) || key(a).localeCompare(key(b)));
      [...table.tHead.rows[0].cells].forEach((other) => { other.ariaSort = "none"; });
      header.ariaSort = sign > 0 ? "ascending" : "descending";
      body.append(...[...body.rows].sort(order));
    };
    header.replaceChildren(button);
  });
}

function startPage() {
  document.querySelectorAll("table").forEach(makeSortable);
  const place = document.getElementById("explorers");
  if (!place) return [];
  const data = JSON.parse(document.getElementById("explorer-data").textContent);
  classColours.push(...data.colours);
  const explorers = [], redraw = () => explorers.forEach((explorer) => explorer.redraw());
  const links = data.tests.map((tests) => makeLink(tests, () => explorers.forEach((explorer) => explorer.schedule())));
  links.forEach((link, number) => {
    link.explorers = data.runs.filter((run) => run.tests === number).map((run) => makeExplorer(run, link));
    explorers.push(...link.explorers);
    place.append(makeTools(link), make("div", { className: "side-by-side" }, ...link.explorers.map((explorer) => explorer.element)));
  });
  explorers.forEach((explorer) => explorer.start());
  addEventListener("resize", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  return explorers;
}
const explorers = startPage();
