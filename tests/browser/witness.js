// Tells the test what a person would notice: broken rules, swaps, focus, what is read out loud.
(() => {
  const tell = (kind, what) => window.kalendsSaw && window.kalendsSaw({ kind, what });
  const named = (element) => !element || element === document.body
    ? "BODY"
    : element.tagName + (element.id ? "#" + element.id : "");
  document.addEventListener("securitypolicyviolation", (event) =>
    tell("policy", event.violatedDirective + " " + event.blockedURI));
  document.addEventListener("click", (event) => {
    if (event.isTrusted) tell("activation", named(event.target));
  }, true);
  document.addEventListener("input", (event) => tell("field", event.target.name), true);
  let before = "";
  let swaps = 0;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "zones") before = named(document.activeElement);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "zones") return;
    const active = document.activeElement;
    // After a sentence would have been said.
    setTimeout(() => {
      tell("swap", {
        target: event.detail.target.id,
        before,
        after: named(active),
        alert: !!document.querySelector("#main [role=alert]"),
      });
      document.documentElement.dataset.swaps = ++swaps;
    }, 100);
  });
  document.addEventListener("DOMContentLoaded", () => {
    const live = document.querySelector("#live");
    if (live) new MutationObserver(() => {
      if (live.textContent) tell("said", live.textContent);
    }).observe(live, { childList: true, characterData: true, subtree: true });
  });
})();
