/* Sets formulas: a line of JSON comes in for each, {tex, display}, and one goes out,
   {html} or {error}. The line {styles: true} is answered with the style sheet of all
   formulas set so far. The first argument is MathJax's entry for node, the second its
   options for TeX. */
"use strict";
const [, , entry, options] = process.argv;

const config = {
  loader: {
    versionWarnings: false, // the adaptor has none to tell
    load: ["input/tex-full", "output/chtml", "a11y/assistive-mml", "adaptors/liteDOM"],
  },
  tex: {
    ...JSON.parse(options),
    packages: { "[-]": ["noundefined"] }, // an unknown command is an error
    formatError: (_, error) => { throw error; },
  },
  chtml: { fontURL: "fonts" },
  startup: { typeset: false },
};

function answer(MathJax, { tex, display, styles }) {
  const adaptor = MathJax.startup.adaptor;
  if (styles) return { css: adaptor.textContent(MathJax.chtmlStylesheet()) };
  try {
    return { html: adaptor.outerHTML(MathJax.tex2chtml(tex, { display })) };
  } catch (error) {
    return { error: error.message };
  }
}

require(entry).init(config).then((MathJax) => {
  const lines = require("readline").createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    process.stdout.write(JSON.stringify(answer(MathJax, JSON.parse(line))) + "\n");
  });
});
