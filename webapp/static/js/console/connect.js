// Copying a key with one press; without this the field can be selected and copied by hand.
(() => {
  "use strict";
  document.querySelectorAll("[data-copy-of]").forEach((button) => {
    if (!navigator.clipboard) return;
    const field = document.getElementById(button.dataset.copyOf);
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(field.value);
      field.select();
      const live = document.getElementById("live");
      if (live) live.textContent = "Copied";
      button.firstChild.textContent = "Copied";
    });
  });
  document.querySelectorAll("[data-select]").forEach((field) => field.addEventListener("focus", () => field.select()));
})();
