// Extras of the profile pages: copying a link, and the page as it would be while it is edited.
// Nothing here is needed: links can be marked by hand, and "Preview" opens a tab without script.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const say = (sentence) => {
    const live = byId("live");
    if (live) { live.textContent = ""; setTimeout(() => { live.textContent = sentence; }, 60); }
  };

  const copying = () => {
    document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = byId(button.dataset.copy);
    const done = () => {
      const words = button.firstChild;
      words.textContent = "Copied";
      say("The link is copied.");
      setTimeout(() => { words.textContent = "Copy"; }, 2000);
    };
    field.select();
    if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(field.value).then(done, () => {});
    else if (document.execCommand("copy")) done();
  });

  const WAIT = 400;
  const live = (form) => {
    const pane = byId("look-pane");
    const frame = byId("look-frame");
    const state = byId("look-state");
    let timer = 0;
    let asked = 0;
    let running = null;

    const show = (answer) => {
      Object.entries(answer.summaries).forEach(([key, line]) => {
        const place = form.querySelector(`[data-summary="${key}"]`);
        if (place) place.textContent = line;
      });
      const count = byId("count");
      if (count.textContent !== answer.count) count.textContent = answer.count;
      byId("contrast").replaceChildren(...answer.contrast.map((line) => {
        const item = document.createElement("li");
        item.textContent = line;
        return item;
      }));
      const questions = byId("questions");
      const names = answer.names.join(",");
      if (questions.dataset.names !== names && !questions.contains(document.activeElement)) {
        questions.innerHTML = answer.questions;
        questions.dataset.names = names;
      }
      if (answer.page) {
        const at = frame.contentWindow ? frame.contentWindow.scrollY : 0;
        frame.addEventListener("load", () => frame.contentWindow.scrollTo(0, at), { once: true });
        frame.srcdoc = answer.page;
      }
      state.textContent = answer.problem;
    };

    const ask = async () => {
      const mine = ++asked;
      if (running) running.abort();
      running = new AbortController();
      state.textContent = "Updating…";
      try {
        const answer = await fetch(form.dataset.preview, {
          method: "POST", body: new URLSearchParams(new FormData(form)),
          headers: { "X-Preview": "live", Accept: "application/json" },
          signal: running.signal, redirect: "error",
        });
        if (!answer.ok) throw new Error(String(answer.status));
        const read = await answer.json();
        if (mine === asked) show(read); // the last one asked wins
      } catch (error) {
        if (mine === asked && error.name !== "AbortError") state.textContent = "The preview cannot be made just now.";
      }
    };
    const soon = () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); };
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    pane.hidden = false;
    ask();
  };

  // A link to a field leads into its section, open or not.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".summary a[href^='#']");
    const field = link && byId(link.getAttribute("href").slice(1));
    const part = field && field.closest("details");
    if (part) part.open = true;
  });

  copying();
  const form = byId("editor");
  if (form) live(form);
})();
