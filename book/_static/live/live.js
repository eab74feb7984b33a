/* The live page: what the reader chooses goes to a worker that paints, and the painting
   comes back. One picture is on its way at a time; when it arrives, the latest wish goes
   next, so that a slider may be dragged at any speed. */
(function () {
  "use strict";
  const root = document.getElementById("fst-paint");
  if (!root) return;

  const HERE = document.currentScript.src.replace(/[^/]*$/, "");
  const VENDOR = HERE + "../vendor/live/";
  const STEPS = 20; // of the slider, each way from the middle
  const LEAST = 16; // pixels a side that the net needs
  const PATIENCE = 60_000; // ms that a graphics card may take to begin
  const part = Object.fromEntries(
    [...root.querySelectorAll("[data-part]")].map((e) => [e.dataset.part, e]));

  // ---- small tools ----

  function make(tag, properties, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  function script(name) {
    return new Promise((done, fail) => {
      const tag = make("script", { src: VENDOR + name, onload: done });
      tag.onerror = () => fail(new Error(`the book’s file ${name} is missing; build the book again`));
      document.head.append(tag);
    });
  }

  function put(canvas, { rgba, width, height }) {
    Object.assign(canvas, { width, height }); // also empties it
    canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
    if (canvas === part.canvas) part.stage.style.setProperty("--fst-aspect", width / height);
  }

  // what is said once, aloud too; numbers that follow the slider are not
  function say(text, { error = false } = {}) {
    part.message.textContent = text;
    part.message.classList.toggle("fst-error", error);
  }

  // ---- the wish ----

  const wish = { strength: 0, styles: [], size: 384 };
  let net = null; // what live.js of the built book says: styles, range, photographs
  let source = null; // {name, title, picture, width, height}: as it was given
  let photo = null; // {key, width, height, rgba}: as large as it is painted
  let keys = 0;
  let turns = 0; // photographs asked for; the last one counts, whenever it is read

  const lambda = () => {
    const { lightest, heaviest } = net;
    const at = (Number(part.strength.value) / STEPS + 1) / 2;
    return lightest * (heaviest / lightest) ** at;
  };

  function blend() {
    const first = chosenStyle();
    const second = Number(part.second.value);
    const share = second >= 0 ? Number(part.share.value) / 100 : 0;
    return net.styles.map((_, i) => (i === first ? 1 - share : 0) + (i === second ? share : 0));
  }

  const chosenStyle = () => Number(part.styles.querySelector("input:checked").value);

  function readControls() {
    wish.strength = lambda();
    wish.styles = blend();
    const value = Number(wish.strength.toPrecision(2));
    part.lambda.textContent = String(value);
    part.strength.style.setProperty("--fst-fill", `${(100 * (Number(part.strength.value) + STEPS)) / (2 * STEPS)}%`);
    part.strength.setAttribute("aria-valuetext", `lambda ${value}`);
    const second = Number(part.second.value);
    part.mix.hidden = second < 0;
    if (second >= 0) {
      const share = Number(part.share.value);
      const [a, b] = [net.styles[chosenStyle()].title, net.styles[second].title];
      part.shares.textContent = `${100 - share} : ${share}`;
      part.share.style.setProperty("--fst-fill", `${share}%`);
      part.share.setAttribute("aria-valuetext", `${100 - share} percent ${a}, ${share} percent ${b}`);
    }
  }

  function wanted() {
    const { key } = photo;
    return { key, strength: wish.strength, styles: wish.styles };
  }

  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  // ---- painters ----

  let painter = null; // the one in use
  let busy = false;
  let shown = null; // the wish whose painting is shown

  class Painter {
    constructor(runtime, backend) {
      const text = [runtime.ort, "\n", runtime.painter];
      this.backend = backend;
      this.worker = new Worker(URL.createObjectURL(new Blob(text, { type: "text/javascript" })));
      this.waiting = [];
      this.worker.onmessage = ({ data }) => {
        const { done, fail } = this.waiting.shift();
        if (data.type === "failed") fail(new Error(data.reason));
        else done(data);
      };
      this.worker.onerror = (event) => {
        event.preventDefault();
        for (const { fail } of this.waiting.splice(0)) fail(new Error(event.message || "the worker stopped"));
      };
      this.key = null;
    }

    ask(message) {
      return new Promise((done, fail) => {
        this.waiting.push({ done, fail });
        this.worker.postMessage(message);
      });
    }

    load(runtime) {
      const { mjs, wasm } = runtime;
      return this.ask({ type: "load", runtime: { mjs, wasm }, net: net.file, backend: this.backend });
    }

    paint(what, from) {
      const { strength, styles } = what;
      const { key, rgba, width, height } = from;
      const given = this.key === key ? null : { rgba, width, height };
      this.key = key; // it keeps the last photograph
      return this.ask({ type: "paint", strength, styles, photo: given })
        .then((found) => ({ ...found, backend: this.backend }));
    }

    stop() { this.worker.terminate(); }
  }

  // Paint what is wished, unless a painting is on its way: it looks again when it comes.
  async function update() {
    if (!painter || !photo) return;
    settled(same(shown, wanted()));
    if (busy || same(shown, wanted())) return;
    busy = true;
    root.classList.add("fst-busy");
    const what = wanted();
    try {
      const found = await painter.paint(what, photo);
      shown = what;
      show(found);
    } catch (error) {
      shown = what; // not again by itself
      say(`This could not be painted (${error.message}). A smaller size may help.`, { error: true });
    }
    busy = false;
    root.classList.remove("fst-busy");
    if (camera) grab();
    update();
  }

  function show({ rgba, width, height, ms, backend }) {
    const { canvas } = part;
    put(canvas, { rgba, width, height });
    canvas.setAttribute("aria-label", `${source.title}, painted: ${spokenStyle()}, lambda ${part.lambda.textContent}`);
    drawOver();
    part.speed.textContent = `${width} × ${height} pixels in ${Math.round(ms)} ms (${backend === "webgpu" ? "WebGPU" : "WebAssembly"})`;
    part.save.disabled = false;
    root.dataset.painted = String(Number(root.dataset.painted || 0) + 1);
    root.dataset.ms = ms.toFixed(1);
  }

  // for whoever watches from outside: does the painting show what is wished?
  const settled = (value) => { root.dataset.settled = String(value); };

  function spokenStyle() {
    return net.styles.map(({ title }, i) => [title, wish.styles[i]]).filter(([, w]) => w > 0)
      .map(([title, w]) => (w === 1 ? title : `${Math.round(100 * w)} percent ${title}`)).join(" and ");
  }

  // ---- the photograph ----

  // what the divider lays over the painting
  function drawOver() {
    const { over } = part;
    if (!part.compare.checked || over.dataset.key === String(photo?.key)) return;
    put(over, photo);
    over.dataset.key = photo.key;
  }

  // Bring the source to the size that is painted: its longer side is at most `wish.size`.
  function prepare() {
    const scale = Math.min(1, wish.size / Math.max(source.width, source.height));
    const [width, height] = [source.width, source.height].map((side) => Math.max(1, Math.round(side * scale)));
    if (Math.min(width, height) < LEAST) {
      throw new Error(`it would be ${width} × ${height} pixels, and the net needs ${LEAST} a side`);
    }
    const canvas = make("canvas", { width, height });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.fillStyle = "#fff"; // what is transparent becomes paper
    pen.fillRect(0, 0, width, height);
    pen.imageSmoothingQuality = "high";
    if (source.mirrored) pen.setTransform(-1, 0, 0, 1, width, 0);
    pen.drawImage(source.picture, 0, 0, width, height);
    const { data } = pen.getImageData(0, 0, width, height);
    photo = { key: ++keys, width, height, rgba: data.buffer };
    if (!root.dataset.painted) put(part.canvas, photo); // until the first painting
  }

  function take(found) {
    const before = source;
    source = found;
    try {
      prepare();
    } catch (error) {
      source = before;
      throw error;
    }
    update();
  }

  async function takeFile(file) {
    settled(false);
    await readFile(file);
    update();
  }

  async function readFile(file) {
    stopCamera();
    const turn = ++turns;
    const name = file.name || "the picture";
    let picture;
    try {
      picture = await createImageBitmap(file);
    } catch {
      const kind = /\.(hei[cf]|tiff?|raw|dng|cr2|nef|pdf)$/i.test(name)
        ? "is of a kind that this browser cannot read; save it as JPEG or PNG"
        : "is not a picture that this browser can read";
      return say(`${name} ${kind}. What you see is still the last one.`, { error: true });
    }
    if (turn !== turns) return; // something else was chosen meanwhile
    const { width, height } = picture;
    try {
      take({ name: "own", title: "Your photograph", picture, width, height });
    } catch (error) {
      return say(`${name} cannot be painted: ${error.message}.`, { error: true });
    }
    tick(null);
    const shrunk = photo.width < width ? `, painted at ${photo.width} × ${photo.height}` : "";
    say(`${name}: ${width} × ${height} pixels${shrunk}.`);
  }

  async function takeBundled(name) {
    settled(false);
    stopCamera();
    const turn = ++turns;
    if (!net.photos[name].data) await script("photos.js");
    const { data, title } = net.photos[name];
    const picture = make("img", { src: data });
    await picture.decode();
    if (turn !== turns) return;
    take({ name, title, picture, width: picture.naturalWidth, height: picture.naturalHeight });
    say("");
  }

  // the chip that is pressed; none for a photograph of the reader's
  function tick(name) {
    for (const input of part.photos.querySelectorAll("input")) input.checked = input.value === name;
  }

  // ---- the camera ----

  let camera = null;

  async function startCamera() {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1024 }, facingMode: "user" } });
      const video = make("video", { srcObject: stream, muted: true, playsInline: true });
      await video.play();
      camera = { stream, video };
    } catch (error) {
      const why = error.name === "NotAllowedError" ? "the browser was not allowed to use it"
        : error.name === "NotFoundError" ? "there is none" : error.message;
      return say(`No camera: ${why}.`, { error: true });
    }
    turns += 1;
    tick(null);
    part.camera.textContent = "Hold the picture";
    part.camera.setAttribute("aria-pressed", "true");
    say("The camera runs; its pictures stay in this page.");
    grab();
    update();
  }

  function grab() {
    const { video } = camera;
    source = { name: "camera", title: "The camera’s picture", picture: video, width: video.videoWidth, height: video.videoHeight, mirrored: true };
    prepare();
  }

  function stopCamera() {
    if (!camera) return;
    // keep the last picture: a camera that is off gives none
    const still = make("canvas", { width: source.width, height: source.height });
    still.getContext("2d").drawImage(source.picture, 0, 0);
    source = { ...source, picture: still };
    for (const track of camera.stream.getTracks()) track.stop();
    camera = null;
    part.camera.textContent = "Use the camera";
    part.camera.setAttribute("aria-pressed", "false");
    say("The camera is off.");
  }

  // ---- controls ----

  function chip(name, value, { title, thumb, alt }, checked) {
    const input = make("input", { type: "radio", name, value, checked });
    input.setAttribute("aria-label", title);
    const picture = make("img", { src: thumb, alt, width: 64, height: 64 });
    return make("label", { className: "fst-chip" }, input, make("span", {}, picture, make("b", { textContent: title })));
  }

  function fillControls() {
    for (const [name, photo] of Object.entries(net.photos)) {
      part.photos.append(chip("fst-photo", name, photo, name === net.first));
    }
    net.styles.forEach((style, i) => {
      part.styles.append(chip("fst-style", i, style, i === 0));
      part.second.append(make("option", { value: i, textContent: style.title }));
    });
    Object.assign(part.strength, { min: -STEPS, max: STEPS, step: 1, value: 0 });
    part.low.textContent = `${net.lightest}, near the photograph`;
    part.high.textContent = `${net.heaviest}, near the style`;
  }

  function listen() {
    const changed = () => { readControls(); update(); };
    for (const name of ["strength", "share"]) part[name].addEventListener("input", changed);
    for (const name of ["second", "styles"]) part[name].addEventListener("change", changed);
    part.photos.addEventListener("change", ({ target }) => {
      takeBundled(target.value).catch((error) => say(error.message, { error: true }));
    });
    part.size.addEventListener("change", () => {
      wish.size = Number(part.size.value);
      if (!source) return;
      const small = Math.max(source.width, source.height) < wish.size;
      say(small ? `${source.title} has ${source.width} × ${source.height} pixels; it is not enlarged.` : "");
      if (!camera) prepare();
      update();
    });
    part.own.addEventListener("click", () => part.file.click());
    part.file.addEventListener("change", () => {
      if (part.file.files.length) takeFile(part.file.files[0]);
      part.file.value = ""; // the same file may be chosen again
    });
    part.camera.addEventListener("click", () => (camera ? stopCamera() : startCamera()));
    part.camera.hidden = !navigator.mediaDevices?.getUserMedia;
    part.save.addEventListener("click", save);
    part.compare.addEventListener("change", () => {
      part.stage.classList.toggle("fst-divided", part.compare.checked);
      part.at.disabled = !part.compare.checked;
      drawOver();
    });
    drop();
    divide();
  }

  function drop() {
    const carries = (event) => event.dataTransfer?.types.includes("Files");
    for (const kind of ["dragenter", "dragover"]) {
      addEventListener(kind, (event) => {
        if (!carries(event)) return;
        event.preventDefault(); // else the browser would leave the page for the file
        event.dataTransfer.dropEffect = "copy";
        root.classList.add("fst-dropping");
      });
    }
    addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) root.classList.remove("fst-dropping");
    });
    addEventListener("drop", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      root.classList.remove("fst-dropping");
      takeFile(event.dataTransfer.files[0]);
    });
    addEventListener("paste", (event) => {
      const file = [...(event.clipboardData?.files ?? [])][0];
      if (file) takeFile(file);
    });
  }

  // the divider between photograph and painting: a slider, also to be dragged
  function divide() {
    const { stage, at } = part;
    const move = (value) => {
      at.value = value;
      stage.style.setProperty("--fst-at", at.value + "%");
      at.setAttribute("aria-valuetext", at.value + " percent photograph");
    };
    const drag = (event) => {
      const box = stage.getBoundingClientRect();
      move(Math.round((100 * (event.clientX - box.left)) / box.width));
    };
    at.addEventListener("input", () => move(at.value));
    stage.addEventListener("pointerdown", (event) => {
      if (event.button || at.disabled) return;
      stage.setPointerCapture(event.pointerId);
      drag(event);
      at.focus({ preventScroll: true, focusVisible: false });
      event.preventDefault();
    });
    stage.addEventListener("pointermove", (event) => {
      if (stage.hasPointerCapture(event.pointerId)) drag(event);
    });
    move(50);
  }

  function save() {
    const styles = net.styles.filter((_, i) => wish.styles[i] > 0).map(({ name }) => name);
    const name = `${source.name}_${styles.join("_")}_${part.lambda.textContent}.png`;
    part.canvas.toBlob((blob) => {
      const link = make("a", { href: URL.createObjectURL(blob), download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      say(`Saved as ${name}.`);
    });
  }

  // ---- the beginning ----

  async function begin() {
    if (typeof WebAssembly !== "object" || typeof DecompressionStream !== "function") {
      throw new Error("This browser cannot run the net: it lacks WebAssembly, or is some years old. The rest of the book works.");
    }
    await Promise.all([script("wasm.js"), script("net.js")]);
    net = window.fstLive.net;
    const first = new Painter(window.fstLive.wasm, "wasm");
    const loaded = first.load(window.fstLive.wasm); // seconds; the page goes on meanwhile
    loaded.catch(() => {}); // waited for below
    fillControls();
    listen();
    wish.size = Number(part.size.value);
    readControls();
    await takeBundled(net.first);
    root.classList.add("fst-ready");
    say("Loading the net …");
    await loaded.catch((error) => {
      throw new Error(`The net could not be loaded (${error.message}). Build the book again, or try another browser.`);
    });
    painter = first;
    say("");
    await update();
    if (navigator.gpu) tryGraphicsCard().catch(() => {}); // the processor goes on
  }

  // A graphics card is taken where there is one, it agrees with the processor's
  // painting, and it is quicker. Until then, and else, the processor paints.
  async function tryGraphicsCard() {
    const adapter = await navigator.gpu.requestAdapter();
    if (!adapter || adapter.info?.isFallbackAdapter) return; // none, or one in software
    await script("webgpu.js");
    const card = new Painter(window.fstLive.webgpu, "webgpu");
    const tooLong = setTimeout(() => card.stop(), PATIENCE);
    await card.load(window.fstLive.webgpu);
    const [what, from] = [wanted(), photo];
    await card.paint(what, from); // the first time it also compiles
    const theirs = await card.paint(what, from);
    const ours = await painter.paint(what, from);
    clearTimeout(tooLong);
    if (theirs.ms > ours.ms || !agree(theirs.rgba, ours.rgba)) return card.stop();
    const before = painter;
    setTimeout(() => before.stop(), PATIENCE); // a painting may be on its way
    painter = card;
    shown = null;
    update();
  }

  function agree(one, other) {
    const [a, b] = [new Uint8Array(one), new Uint8Array(other)];
    let gap = 0;
    for (let i = 0; i < a.length; i++) gap += Math.abs(a[i] - b[i]);
    return a.length === b.length && gap / a.length < 2;
  }

  window.fstLive = {};
  begin().catch((error) => {
    root.classList.add("fst-failed");
    say(error.message, { error: true });
  });
})();
