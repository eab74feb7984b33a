/* Questions with radio buttons, made of the list that stays where no script runs. Nothing
   is loaded or kept: a quiz begins anew with its page. */
(function () {
  "use strict";

  function make(tag, properties, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    // in Jupyter, a key would else go to the notebook: arrows to another cell
    if (/^(input|button|a)$/.test(tag)) element.dataset.lmSuppressShortcuts = "true";
    element.append(...children);
    return element;
  }

  const copy = (node) => [...node.cloneNode(true).childNodes];

  // a section's title, on the book's pages, leads to the section
  function linked(nodes) {
    const title = nodes.querySelector("q");
    if (!title) return nodes;
    const wanted = title.textContent;
    for (const heading of document.querySelectorAll("section[id] > :is(h2, h3)")) {
      const text = heading.cloneNode(true);
      text.querySelectorAll(".section-number, .headerlink").forEach((part) => part.remove());
      if (text.textContent.trim() === wanted) {
        title.replaceWith(make("a", { href: "#" + heading.parentNode.id }, wanted));
        break;
      }
    }
    return nodes;
  }

  function ask(item, number, told) {
    const [texts, answers] = [...item.querySelectorAll("ol")].map((list) => [...list.children]);
    const right = answers.findIndex((answer) => answer.className === "fst-right");
    const legend = make("legend", {}, ...copy(item.querySelector("p")));
    const field = make("fieldset", {}, legend);
    let tries = 0, solved = false;
    const options = texts.map((text, i) => {
      const input = make("input", { type: "radio", name: "question" + number });
      const mark = make("i", {});
      mark.setAttribute("aria-hidden", "true");
      const label = make("label", {}, input, mark, make("span", {}, ...copy(text)));
      const said = make("div", { className: "fst-said" });
      said.setAttribute("aria-live", "polite");
      const option = make("div", { className: "fst-option" }, label, said);
      input.addEventListener("change", () => {
        if (!said.hasChildNodes()) said.append(...linked(answers[i].cloneNode(true)).childNodes);
        option.classList.add(i === right ? "fst-right" : "fst-wrong");
        if (!solved) tries += 1;
        solved = solved || i === right;
        told();
        window.google?.colab?.output?.resizeIframeToContent?.();
      });
      return { option, input, said };
    });
    field.append(...options.map((one) => one.option));
    // arrows only move: an answer that was merely passed is no answer
    field.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      const at = options.findIndex((one) => one.input === event.target);
      if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
      if (step) options[(at + step + options.length) % options.length].input.focus();
      else if (event.key === "Enter") options[at].input.click();
      else return;
      event.preventDefault();
    });
    return {
      field,
      begin() {
        tries = 0;
        solved = false;
        for (const { option, input, said } of options) {
          input.checked = false;
          option.className = "fst-option";
          said.replaceChildren();
        }
      },
      get solved() { return solved; },
      get first() { return solved && tries === 1; },
    };
  }

  function start(root) {
    const items = [...root.querySelector(".fst-still").children];
    const progress = make("span", {});
    const result = make("span", {});
    result.setAttribute("role", "status");
    const again = make("button", { type: "button", textContent: "Start over" });
    const asked = items.map((item, i) => ask(item, i, tell));
    function tell() {
      const solved = asked.filter((one) => one.solved).length;
      const first = asked.filter((one) => one.first).length;
      const all = solved === asked.length;
      progress.textContent = all ? "" : solved + " of " + asked.length + " solved";
      const score = first + " of " + asked.length + " at the first try";
      if (result.textContent !== (all ? score : "")) result.textContent = all ? score : "";
      again.hidden = !root.querySelector(".fst-right.fst-option, .fst-wrong");
    }
    again.addEventListener("click", () => {
      asked.forEach((one) => one.begin());
      tell();
      root.querySelector("input").focus();
    });
    const hint = make("span", { className: "fst-keys", textContent: "↑ ↓ move, space answers" });
    const foot = make("div", { className: "fst-foot" }, progress, result, hint, again);
    const form = make("form", { className: "fst-ask" }, ...asked.map((one) => one.field), foot);
    form.addEventListener("submit", (event) => event.preventDefault());
    root.append(form);
    tell();
  }

  function upgrade() {
    for (const root of document.querySelectorAll(".fst-quiz:not(.fst-ready)")) {
      root.classList.add("fst-ready");
      try {
        start(root);
      } catch (error) {
        root.classList.remove("fst-ready"); // the plain questions stay
        console.error(error);
      }
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", upgrade);
  upgrade();
})();
