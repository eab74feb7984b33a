/* Two figures for pages without a kernel: an explorer of a grid of pictures, and a
   divider between two pictures. Nothing is loaded: each figure carries its own data. */
(function () {
  "use strict";
  if (window.fstExplorer) return window.fstExplorer.upgrade();

  function make(tag, properties, ...children) {
    const { data, ...rest } = properties || {};
    const element = Object.assign(document.createElement(tag), rest);
    Object.assign(element.dataset, data);
    // in Jupyter, a key would else go to the notebook: arrows to another cell
    if (/^(input|button)$/.test(tag)) element.dataset.lmSuppressShortcuts = "true";
    element.append(...children);
    return element;
  }

  // "λ_s / λ_c" with real subscripts
  function notation(text) {
    return text.split(/(_\w+)/).map((part) =>
      part[0] === "_" ? make("sub", { textContent: part.slice(1) }) : part);
  }

  function number(value) {
    if (value === 0) return "0";
    if (value >= 0.001) return String(Number(value.toPrecision(value < 1 ? 2 : 3)));
    const [digits, power] = value.toExponential(1).split("e-");
    return digits + "\u2009·\u200910" + power.replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d])
      .replace(/^/, "⁻");
  }

  // ---- the divider: one picture over another, uncovered from the left ----

  function divide(stage, names, at) {
    const input = make("input", { type: "range", min: 0, max: 100, className: "fst-at" });
    const handle = make("span", { className: "fst-handle" });
    handle.setAttribute("aria-hidden", "true");
    input.setAttribute("aria-label", "Divider between " + names.join(" and "));
    function move(value) {
      input.value = value;
      stage.style.setProperty("--fst-at", input.value + "%");
      input.setAttribute("aria-valuetext", input.value + " % " + names[0]);
    }
    function drag(event) {
      const box = stage.getBoundingClientRect();
      move(Math.round((100 * (event.clientX - box.left)) / box.width));
    }
    stage.classList.add("fst-divided");
    stage.append(input, handle);
    input.addEventListener("input", () => move(input.value));
    stage.addEventListener("pointerdown", (event) => {
      if (event.button || !stage.classList.contains("fst-divided")) return;
      stage.setPointerCapture(event.pointerId);
      drag(event);
      input.focus({ preventScroll: true, focusVisible: false });
      event.preventDefault();
    });
    stage.addEventListener("pointermove", (event) => {
      if (stage.hasPointerCapture(event.pointerId)) drag(event);
    });
    move(at);
  }

  function compare(root) {
    const stage = root.querySelector(".fst-two");
    const names = [...stage.querySelectorAll("span")].map((name) => name.textContent);
    divide(stage, names, root.dataset.at || 50);
  }

  // ---- the explorer: axes in, one real cell of the grid out ----

  function explore(root) {
    const data = JSON.parse(root.querySelector(".fst-data").textContent);
    const place = data.initial.slice();
    const sheets = data.sheets.map(() => null);
    const perSheet = data.columns * data.rows;
    const canvas = make("canvas", { width: data.width, height: data.height });
    const stage = make("div", { className: "fst-stage" }, canvas);
    const panel = make("div", { className: "fst-panel" });
    const left = make("div", { className: "fst-left" }, stage);
    const live = make("div", { className: "fst-live" }, left, panel);
    const photo = make("img", { className: "fst-over", alt: "the " + data.beforeLabel });
    canvas.setAttribute("role", "img");

    const cellAt = (where) =>
      data.axes.reduce((cell, axis, i) => cell * axis.values.length + where[i], 0);

    const controls = data.axes.map((axis, i) => {
      const change = (value) => { place[i] = Number(value); show(); };
      return axis.kind === "choice" ? choice(axis, change) : slider(axis, data.initial[i], change);
    });
    const again = make("button", { type: "button", className: "fst-again" });
    again.addEventListener("click", () => {
      place.splice(0, place.length, ...data.initial);
      show();
    });
    const readout = losses(data);
    // chips first, then the longest slider
    const steps = (i) => (data.axes[i].kind === "choice" ? 1e9 : data.axes[i].values.length);
    const order = [...controls.keys()].sort((a, b) => steps(b) - steps(a));
    panel.append(...order.map((i) => controls[i].element), readout.element);
    const below = make("div", { className: "fst-below" }, again);
    if (data.before) below.prepend(comparison());
    left.append(below);

    function comparison() {
      const box = make("input", { type: "checkbox" });
      let ready = false;
      box.addEventListener("change", () => {
        if (!ready) {
          stage.append(photo);
          divide(stage, [data.beforeLabel, "result"], 50);
          ready = true;
        }
        stage.classList.toggle("fst-divided", box.checked);
        show();
      });
      return make("label", { className: "fst-check" }, box, "lay the " + data.beforeLabel + " over it");
    }

    function show() {
      const cell = cellAt(place);
      const sheet = Math.floor(cell / perSheet);
      controls.forEach((control, i) => control.show(place[i]));
      readout.show(place, cell, cellAt);
      if (data.before && photo.dataset.sheet !== String(sheet)) {
        photo.src = data.before[sheet];
        photo.dataset.sheet = sheet;
      }
      const still = place.every((value, i) => value === data.initial[i]);
      again.disabled = still;
      again.textContent = still ? "this is the book’s setting" : "back to the book’s setting";
      canvas.setAttribute("aria-label", data.alts[cell]);
      root.dataset.cell = cell;
      draw(sheet, cell % perSheet);
    }

    function draw(sheet, index) {
      if (!sheets[sheet]) {
        sheets[sheet] = new Image();
        sheets[sheet].src = data.sheets[sheet];
      }
      const picture = sheets[sheet];
      if (!picture.complete) {
        picture.onload = show;
        return;
      }
      const [w, h] = [data.width, data.height];
      const [x, y] = [index % data.columns, Math.floor(index / data.columns)];
      canvas.getContext("2d").drawImage(picture, x * w, y * h, w, h, 0, 0, w, h);
      root.dataset.drawn = root.dataset.cell;
    }

    root.insertBefore(live, root.firstChild);
    show();
  }

  function slider(axis, start, change) {
    const last = axis.values.length - 1;
    const id = "fst-" + Math.random().toString(36).slice(2);
    const input = make("input", { type: "range", id, min: 0, max: last, step: 1 });
    const value = make("output", {});
    value.setAttribute("for", id);
    value.setAttribute("aria-live", "off"); // the slider itself speaks
    const marks = axis.values.map((_, i) =>
      make("i", { className: i === start ? "fst-default" : "" }));
    const ticks = make("div", { className: "fst-ticks" }, ...marks);
    ticks.setAttribute("aria-hidden", "true");
    const element = make("div", { className: "fst-range" },
      make("label", { htmlFor: id }, ...notation(axis.name)), value, input, ticks);
    if (axis.ends) {
      element.append(make("div", { className: "fst-ends" },
        ...axis.ends.map((end) => make("span", { textContent: end }))));
    }
    input.setAttribute("aria-label", axis.spoken);
    input.addEventListener("input", () => change(input.value));
    return {
      element,
      show(i) {
        input.value = i;
        input.style.setProperty("--fst-fill", (100 * i) / last + "%");
        input.setAttribute("aria-valuetext", axis.spoken + " " + axis.values[i]);
        value.textContent = axis.values[i];
      },
    };
  }

  function choice(axis, change) {
    const name = "fst-" + Math.random().toString(36).slice(2);
    const inputs = axis.values.map((_, i) => make("input", { type: "radio", name, value: i }));
    const chips = inputs.map((input, i) => {
      const small = (axis.thumbs ? axis.thumbs[i] : [])
        .map((src, j) => make("img", { src, alt: axis.thumbAlts[j] }));
      input.addEventListener("change", () => change(i));
      const text = make("span", {}, ...small, make("b", {}, ...notation(axis.values[i])));
      return make("label", { className: "fst-chip" }, input, text);
    });
    return {
      element: make("fieldset", { className: "fst-choice" },
        make("legend", {}, ...notation(axis.name)), ...chips),
      show(i) { inputs[i].checked = true; },
    };
  }

  // One row per loss: its number, and its bars along the axis `data.along` with all else
  // as it is. Bars of one row share a scale over the whole sheet.
  function losses(data) {
    const element = make("div", { className: "fst-losses" });
    const steps = data.along === null ? [] : data.axes[data.along].values;
    const rows = data.terms.map((term, t) => {
      const bars = steps.map(() => make("i"));
      const value = make("span", { className: "fst-value" });
      const plot = make("span", { className: "fst-bars" }, ...bars);
      plot.setAttribute("aria-hidden", "true");
      plot.style.setProperty("--fst-color", term.color);
      element.append(make("span", {}, ...notation(term.name)), plot, value);
      return { t, bars, value };
    });
    const perSheet = data.columns * data.rows;
    const total = make("span", { className: "fst-value" });
    const parts = data.terms.map((term) => make("i", { title: term.name }));
    if (data.totals) {
      const stack = make("span", { className: "fst-stack" }, ...parts);
      stack.setAttribute("aria-hidden", "true");
      parts.forEach((part, t) => { part.style.background = data.terms[t].color; });
      element.append(make("span", {}, "weighted total"), stack, total);
    }
    return {
      element,
      show(place, cell, cellAt) {
        const first = cell - (cell % perSheet);
        for (const { t, bars, value } of rows) {
          const column = data.losses.map((entry) => entry[t]);
          const top = Math.max(...column.slice(first, first + perSheet)) || 1;
          bars.forEach((bar, i) => {
            const there = place.map((p, axis) => (axis === data.along ? i : p));
            bar.style.height = (100 * column[cellAt(there)]) / top + "%";
            bar.className = i === place[data.along] ? "fst-on" : "";
          });
          value.textContent = number(column[cell]);
        }
        if (data.totals) {
          total.textContent = number(data.totals[cell]);
          parts.forEach((part, t) => { part.style.flexGrow = (100 * data.parts[cell][t]) / (data.totals[cell] || 1); });
        }
      },
    };
  }

  const kinds = { ".fst-explorer": explore, ".fst-compare": compare };

  function upgrade() {
    for (const [selector, start] of Object.entries(kinds)) {
      for (const root of document.querySelectorAll(selector + ":not(.fst-ready)")) {
        root.classList.add("fst-ready");
        try {
          start(root);
        } catch (error) {
          root.classList.remove("fst-ready"); // the still picture stays
          root.classList.add("fst-failed");
          console.error(error);
        }
      }
    }
  }

  window.fstExplorer = { upgrade };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", upgrade);
  upgrade();
})();
