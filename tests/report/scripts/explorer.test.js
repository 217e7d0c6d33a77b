// Unit tests of the explorer's scripts without a page: `node --test`.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const vm = require("node:vm");

const FOLDER = path.join(__dirname, "..", "..", "..", "keras_vrae", "report", "explorer");
const FILES = ["decode.js", "plane.js", "draw.js"];
const NAMES = `({ singleOfHalf, floatsOfHalves, affine, softmax, makeDecoder, makeBasis, ellipseOf, makeView,
  nearest, isInside, shareOfWay, mixed, largest, wordLists })`;

// The page is one script: its files one after the other.
const source = FILES.map((name) => fs.readFileSync(path.join(FOLDER, name), "utf8")).join("\n");
const made = (tag, properties, ...children) => ({ tag, children });
const own = vm.runInNewContext(`${source}\n${NAMES}`, { atob, make: made });

const base64 = (array) => Buffer.from(array.buffer).toString("base64");
const near = (found, expected) => {
  assert.equal(found.length, expected.length);
  found.forEach((value, n) => assert.ok(Math.abs(value - expected[n]) < 1e-6, `${found} is not ${expected}`));
};
// 1, -2, 0.5, 0 and 3 as half precision.
const HALVES = new Uint16Array([0x3c00, 0xc000, 0x3800, 0x0000, 0x4200, 0x3c00]);

test("numbers of half precision", () => {
  const cases = [[0x3c00, 1], [0xc000, -2], [0x3555, 0.333251953125], [0x0001, 2 ** -24], [0x7bff, 65504]];
  cases.forEach(([half, value]) => assert.equal(own.singleOfHalf(half), value));
  assert.equal(own.singleOfHalf(0xfc00), -Infinity);
  assert.ok(Number.isNaN(own.singleOfHalf(0x7e00)));
  near(own.floatsOfHalves(base64(HALVES)), [1, -2, 0.5, 0, 3, 1]);
});

test("products with a bias", () => {
  near(own.affine([2, 0], Float32Array.of(1, -1, 5, 5), Float32Array.of(10, 20)), [12, 18]);
  near(own.softmax(Float32Array.of(1000, 1000)), [0.5, 0.5]);
});

test("a dense decoder of two layers in the units of the data", () => {
  const layer = (at, shape, bias, activation) => ({ kernel: { at, shape }, bias: { at: bias, shape: [shape[1]] }, activation });
  const description = {
    kind: "dense",
    layers: [layer(0, [1, 2], 0, "relu"), layer(2, [2, 1], 2, "linear")],
    head: { kind: "gaussian", scale: 0.5 },
    eventShape: [1],
    units: { mean: [100], scale: [10] },
  };
  const decode = own.makeDecoder({ description, half: base64(HALVES), single: base64(Float32Array.of(0, 1, 2)) });
  // relu([3, -6 + 1]) = [3, 0]; 3 * 0.5 + 0 * 0 + 2 = 3.5, in the units of the data 135.
  const { mean, scale } = decode([3]);
  near(mean, [135]);
  near(scale, [5]);
});

test("a basis turns there and back", () => {
  const basis = own.makeBasis(2, [1, 2], Float32Array.of(0.6, 0.8, -0.8, 0.6));
  const coordinates = basis.coordinatesOf([2, 2]);
  near(coordinates, [0.6, -0.8]);
  near(basis.latentOf(coordinates), [2, 2]);
  near(basis.covariance([1, 1], 0, 1), [1, 0, 1]);
  near(own.makeBasis(3).covariance([4, 9, 1], 1, 0), [9, 0, 4]);
});

test("an ellipse of two standard deviations", () => {
  const points = own.ellipseOf([4, 1, 2]);
  const determinant = 4 * 2 - 1;
  points.forEach(([x, y]) => near([(2 * x * x - 2 * x * y + 4 * y * y) / determinant], [4]));
});

test("a view has one scale and turns there and back", () => {
  const view = own.makeView(Float32Array.of(-1, 0, 3, 1), 216);
  near([view.scale], [50]);
  near(view.toPixels(1, 0.5), [108, 108]);
  near(view.toPlane(...view.toPixels(2, -1)), [2, -1]);
});

test("the nearest shown point", () => {
  const points = Float32Array.of(0, 0, 1, 0, 5, 5);
  assert.equal(own.nearest(points, 0.9, 0, 1, () => true), 1);
  assert.equal(own.nearest(points, 0.9, 0, 1, (n) => n !== 1), 0);
  assert.equal(own.nearest(points, 3, 3, 1, () => true), -1);
});

test("what is inside a lasso", () => {
  const lasso = [[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]];
  assert.deepEqual([[1, 1], [2, 3], [5, 1]].map((point) => own.isInside(lasso, ...point)), [true, false, false]);
});

test("the way between two pins", () => {
  assert.equal(own.shareOfWay([0, 0], [10, 0], [4, 7]), 0.4);
  assert.equal(own.shareOfWay([0, 0], [10, 0], [-4, 7]), 0);
  near(own.mixed([0, 2], [10, 4], 0.5), [5, 3]);
});

test("the likeliest words, and those that a point moves most", () => {
  near(own.largest([1, 5, 3], 2), [1, 2]);
  const [likeliest, moved] = own.wordLists([0.5, 0.1, 0.4], [0.5, 0.4, 0.1], ["a", "b", "c"]);
  const text = (list) => list.children.slice(1).map((item) => `${item.children[0]} ${item.children[1].children[0]}`);
  assert.deepEqual(text(likeliest), ["a 50.00 %", "c 40.00 %", "b 10.00 %"]);
  assert.deepEqual(text(moved).slice(0, 2), ["b ▼ 4.0×", "c ▲ 4.0×"]);
});
