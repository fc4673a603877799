// Menus that open over the page close with Escape, when Tab leads out of them, and with a press
// elsewhere. Without script they close as they open: by their own button.
(() => {
  "use strict";
  const OPEN = "details[data-menu][open]";
  let tabbing = false;
  const leave = (here) => {
    document.querySelectorAll(OPEN).forEach((menu) => { if (!menu.contains(here)) menu.open = false; });
  };

  document.addEventListener("keydown", (event) => {
    tabbing = event.key === "Tab";
    const menu = event.key === "Escape" && (event.target.closest(OPEN) || document.querySelector(OPEN));
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  // Not when a press moves the focus: what is pressed would move away from under it.
  document.addEventListener("focusin", (event) => {
    if (!tabbing || !document.querySelector(OPEN)) return;
    leave(event.target);
    event.target.scrollIntoView({ block: "nearest" });  // on a phone the page just got shorter
  });
  document.addEventListener("click", (event) => { tabbing = false; leave(event.target); });
})();
