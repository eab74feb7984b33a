/* The worker that paints: onnxruntime stands above this text in the same file, as `ort`.

   in:  load {runtime: {mjs, wasm}, net, backend}
        paint {strength, styles, photo: {rgba, width, height}, or null for the last one}
   out: ready {ms}   painted {rgba, width, height, ms}   failed {reason}: one answer each */
"use strict";

let session = null;
let photo = null; // {tensor, width, height}: the last one, in the net's layout

async function decode(base64) {
  return (await fetch("data:application/octet-stream;base64," + base64)).arrayBuffer();
}

async function unzip(base64) {
  const packed = new Blob([await decode(base64)]).stream();
  return new Response(packed.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function load({ runtime, net, backend }) {
  const start = performance.now();
  const { env } = ort;
  env.logLevel = "error";
  // more threads need headers that hardly any server of static pages sends
  env.wasm.numThreads = self.crossOriginIsolated
    ? Math.min(4, navigator.hardwareConcurrency || 1) : 1;
  // nothing is fetched, so that the page also works from a disk
  const glue = new Blob([runtime.mjs], { type: "text/javascript" });
  env.wasm.wasmPaths = { mjs: URL.createObjectURL(glue) };
  env.wasm.wasmBinary = await unzip(runtime.wasm);
  session = await ort.InferenceSession.create(new Uint8Array(await decode(net)), {
    executionProviders: [backend],
  });
  return { type: "ready", ms: performance.now() - start };
}

// four bytes a pixel -> three planes of numbers in [0, 1]
function toTensor({ rgba, width, height }) {
  const pixels = new Uint8ClampedArray(rgba);
  const count = width * height;
  const planes = new Float32Array(3 * count);
  for (let i = 0, at = 0; i < count; i++, at += 4) {
    planes[i] = pixels[at] / 255;
    planes[count + i] = pixels[at + 1] / 255;
    planes[2 * count + i] = pixels[at + 2] / 255;
  }
  return { width, height, tensor: new ort.Tensor("float32", planes, [1, 3, height, width]) };
}

function toPixels(planes, count) {
  const pixels = new Uint8ClampedArray(4 * count); // rounds to the nearest by itself
  for (let i = 0, at = 0; i < count; i++, at += 4) {
    pixels[at] = 255 * planes[i];
    pixels[at + 1] = 255 * planes[count + i];
    pixels[at + 2] = 255 * planes[2 * count + i];
    pixels[at + 3] = 255;
  }
  return pixels;
}

async function paint({ strength, styles, photo: given }) {
  if (given) photo = toTensor(given);
  const { tensor, width, height } = photo;
  const start = performance.now();
  const { painting } = await session.run({
    photograph: tensor,
    strength: new ort.Tensor("float32", [strength], [1]),
    styles: new ort.Tensor("float32", styles, [1, styles.length]),
  });
  const ms = performance.now() - start; // the output's numbers are on this side already
  return { type: "painted", rgba: toPixels(painting.data, width * height).buffer, width, height, ms };
}

// one after the other, in the order they came
let last = Promise.resolve();
self.onmessage = ({ data }) => {
  last = last.then(() => (data.type === "load" ? load(data) : paint(data))).then(
    (found) => self.postMessage(found, found.rgba ? [found.rgba] : []),
    (error) => self.postMessage({ type: "failed", reason: String(error?.message ?? error) }),
  );
};
