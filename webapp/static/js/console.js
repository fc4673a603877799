// What every page of the console shares: focus and announcements after a swap, and a sentence
// when the server cannot be reached. Nothing here is needed: every form works as a plain form.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  let before = null;

  const say = (sentence) => {
    const live = one("#live");
    if (!live || !sentence) return;
    live.textContent = "";
    setTimeout(() => { live.textContent = sentence; }, 60);
  };

  document.addEventListener("htmx:beforeSwap", (event) => {
    const active = document.activeElement;
    before = event.detail.target.contains(active) ? active.id : null;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    one("#flash").textContent = "";
    if (part.dataset.title) document.title = part.dataset.title;
    const asked = one("[data-focus]", part);
    if (asked) asked.focus();
    else if (before !== null && !part.contains(document.activeElement)) {
      (before && document.getElementById(before) || one("#main")).focus();
    }
    before = null;
    // An alert speaks for itself.
    if (!one("[role=alert]", part)) say(part.dataset.say);
  });
  ["htmx:sendError", "htmx:timeout"].forEach((name) =>
    document.addEventListener(name, () => {
      one("#flash").innerHTML =
        '<p class="note warn" role="alert">The server cannot be reached. Check your connection and try again.</p>';
    }));
})();
