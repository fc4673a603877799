// Lists of bookings: all boxes of a page at once, and how many are ticked. The form works without.
(() => {
  "use strict";
  const list = () => document.querySelector("form.list");
  const boxes = (form) => [...form.querySelectorAll("input[name=chosen]")];

  const tell = (form) => {
    const all = boxes(form);
    const count = all.filter((box) => box.checked).length;
    const whole = form.querySelector("#choose-all");
    whole.checked = count > 0 && count === all.length;
    whole.indeterminate = count > 0 && count < all.length;
    form.querySelector("#chosen-count").textContent =
      count ? count + " chosen" : "Choose bookings to change several at once.";
  };
  const begin = () => {
    const form = list();
    const whole = form && form.querySelector(".choose-all");
    if (!whole) return;
    whole.hidden = false;
    tell(form);
  };

  document.addEventListener("change", (event) => {
    const form = list();
    if (!form || !form.contains(event.target) || !form.querySelector("#choose-all")) return;
    if (event.target.id === "choose-all") {
      boxes(form).forEach((box) => { box.checked = event.target.checked; });
    }
    tell(form);
  });
  document.addEventListener("htmx:afterSettle", begin);
  window.addEventListener("pageshow", begin);  // also when the browser restores ticked boxes
})();
