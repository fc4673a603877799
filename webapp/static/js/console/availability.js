// Extras of the schedule editor: a date picker that adds to the typed dates, and a choice of what
// the preview shows that needs no button. Everything works without them.
(() => {
  "use strict";
  const arrive = () => {
    const pick = document.getElementById("pick-date");
    if (pick) pick.hidden = false;
    const button = document.querySelector(".av-preview button[value=preview]");
    if (button) button.hidden = true;
  };
  document.addEventListener("change", (event) => {
    const field = document.getElementById("new-dates");
    if (event.target.id !== "pick-date" || !field || !event.target.value) return;
    field.value = field.value.trim() ? field.value.trim() + ", " + event.target.value : event.target.value;
    event.target.value = "";
  });
  document.addEventListener("htmx:afterSettle", arrive);
  arrive();
})();
