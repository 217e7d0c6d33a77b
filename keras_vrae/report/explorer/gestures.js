// Pointers and keys of an explorer: hover, click, drag between pins, lasso, arrows.
const NEAR = 9, CLICK = 6, STEP = 0.02; // Pixels, pixels, and the share of the plane that a key moves.

function attachGestures(explorer, overlay, link) {
  let start = null, isOnWay = false;
  const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
  const shareAt = (place) => shareOfWay(...explorer.pins.map(explorer.pixelsOf), place);
  overlay.onpointermove = (event) => {
    const place = [event.offsetX, event.offsetY];
    if (explorer.lasso.length) explorer.lasso.push(place);
    if (isOnWay) explorer.share = shareAt(place);
    explorer.hover(isOnWay || explorer.lasso.length ? null : place);
  };
  overlay.onpointerdown = (event) => {
    const pins = explorer.pins.map(explorer.pixelsOf);
    start = [event.offsetX, event.offsetY];
    overlay.setPointerCapture(event.pointerId);
    if (link.isLasso || event.shiftKey) explorer.lasso = [start];
    else isOnWay = pins.length === 2 && distance(mixed(...pins, shareAt(start)), start) < NEAR;
    overlay.onpointermove(event);
  };
  overlay.onpointerup = (event) => {
    if (explorer.lasso.length) explorer.listInside();
    else if (!isOnWay && distance(start, [event.offsetX, event.offsetY]) < CLICK) explorer.pin();
    [explorer.lasso, isOnWay] = [[], false];
    explorer.schedule();
  };
  overlay.onpointerleave = () => explorer.hover(null);
  overlay.onkeydown = (event) => {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const from = explorer.pointer || explorer.pixelsOf(explorer.target()[0]), way = ways[event.key];
    const step = STEP * overlay.clientWidth * (event.shiftKey ? 5 : 1);
    if (way) explorer.hover([from[0] + step * way[0], from[1] + step * way[1]]);
    else if (event.key === "Enter") explorer.pin();
    else if (event.key === "Escape") explorer.clear();
    else return;
    event.preventDefault();
  };
}
