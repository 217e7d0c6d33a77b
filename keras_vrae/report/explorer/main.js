// The page: explorers with the tools that they share, and tables that sort.
const MOST_LISTED = 200;

// Makes an element. Children that are strings become text, never markup.
function make(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// Class filter, search and lasso of a link, and the list of what they find.
function attachTools(link, element) {
  const { tests } = link, results = element.querySelector(".results"), search = element.querySelector("[type=search]");
  const item = (n) => {
    const title = tests.kind === "text" ? `${tests.titles[n]} (${tests.nameOf(n)})` : tests.nameOf(n);
    const example = tests.exampleOf(n), picture = make("canvas", {}), made = make("li", { tabIndex: 0 }, title);
    made.onpointerenter = made.onfocus = () => link.point(n);
    if (example) made.prepend(picture);
    if (example) requestAnimationFrame(() => drawExample({ ...prepare(picture), isSmall: true }, example, tests));
    return made;
  };
  link.list = (found) => results.replaceChildren(`${found.length} found`, ...found.slice(0, MOST_LISTED).map(item));
  search.oninput = () => {
    const asked = search.value.trim().toLowerCase(), title = (n) => (tests.titles[n] || "").toLowerCase();
    const found = upTo(tests.labels.length).filter((n) => String(tests.idOf(n)) === asked || title(n).includes(asked));
    results.replaceChildren();
    if (asked) link.list(found);
    link.point(asked && found.length === 1 ? found[0] : -1);
  };
  const boxes = element.querySelectorAll(".class"), invert = element.querySelector(".invert");
  const filter = () => {
    boxes.forEach((box, label) => link.hidden[box.checked ? "delete" : "add"](label));
    link.explorers.forEach((explorer) => explorer.redraw());
  };
  boxes.forEach((box) => { box.onchange = filter; });
  if (invert) invert.onclick = () => { boxes.forEach((box) => { box.checked = !box.checked; }); filter(); };
  element.querySelector(".lasso").onchange = (event) => { link.isLasso = event.target.checked; };
}

// Sorts a table by the column whose header is clicked.
function makeSortable(table) {
  const headers = [...table.tHead.rows[0].cells], [body] = table.tBodies;
  headers.forEach((header, column) => {
    const text = (row) => row.cells[column].textContent, number = (row) => parseFloat(text(row).replace(/,/g, ""));
    const sort = () => {
      const sign = header.ariaSort === "ascending" ? -1 : 1;
      headers.forEach((other) => { other.ariaSort = "none"; });
      header.ariaSort = sign > 0 ? "ascending" : "descending";
      body.append(...[...body.rows].sort((a, b) => sign * (number(a) - number(b) || text(a).localeCompare(text(b)))));
    };
    header.replaceChildren(make("button", { onclick: sort }, header.textContent));
  });
}

const explorers = [];
function startPage() {
  const data = document.getElementById("explorer-data");
  document.querySelectorAll("table").forEach(makeSortable);
  if (!data) return;
  const { colours, tests, runs } = JSON.parse(data.textContent);
  classColours.push(...colours);
  document.querySelectorAll(".linked").forEach((element, number) => {
    const link = makeLink(tests[number]), elements = element.querySelectorAll(".explorer");
    const redraw = () => link.explorers.forEach((explorer) => explorer.redraw());
    const linked = runs.filter((run) => run.tests === number);
    link.explorers = linked.map((run, place) => makeExplorer(run, link, elements[place]));
    attachTools(link, element);
    link.explorers.forEach((explorer) => explorer.start());
    explorers.push(...link.explorers);
    addEventListener("resize", redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  });
}
startPage();
