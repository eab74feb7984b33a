/* Paper is white and has nothing to click: a page that is read in the dark is printed in
   the light, and with its solutions unfolded. Afterwards all is as it was. */
(function () {
  "use strict";
  const page = document.documentElement.dataset;
  let theme = null;
  let unfolded = [];
  addEventListener("beforeprint", () => {
    theme = page.theme;
    page.theme = "light";
    unfolded = [...document.querySelectorAll(".bd-article details.sd-dropdown:not([open])")];
    for (const box of unfolded) box.open = true;
  });
  addEventListener("afterprint", () => {
    if (theme) page.theme = theme;
    for (const box of unfolded) box.open = false;
  });
})();
