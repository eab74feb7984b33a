/* Paper is white: a page that is read in the dark is printed in the light. */
(function () {
  "use strict";
  const page = document.documentElement.dataset;
  let theme = null;
  addEventListener("beforeprint", () => {
    theme = page.theme;
    page.theme = "light";
  });
  addEventListener("afterprint", () => {
    if (theme) page.theme = theme;
  });
})();
