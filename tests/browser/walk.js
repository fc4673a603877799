// Goes with somebody who has a keyboard alone: every stop of a page, and what is wrong with it.
// ``walk.begin`` starts at the top of the document; each Tab is looked at when its key is let go.
// Boxes that are closed are opened when somebody stops at them.
(() => {
  "use strict";
  const CONTROLS =
    "a[href], area[href], button, input, select, textarea, summary, iframe, [tabindex], [contenteditable]";
  const NATIVE = "a[href], button, input, select, textarea, summary, label, option";
  const ASKS = "[hx-get], [hx-post], [hx-put], [hx-patch], [hx-delete], [onclick], [role=button], [role=link]";
  const BY_ITSELF = /^(every|load|revealed|intersect)\b|\bfrom:/;
  const PRESSES = ["click", "dblclick", "mousedown", "mouseup", "pointerdown", "pointerup"];
  const MOST_PARTS = 12;  // of one control: a date with a time has eight

  const listening = new Set();
  const listen = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (type, ...more) {
    if (PRESSES.includes(type) && this instanceof Element) listening.add(this);
    return listen.call(this, type, ...more);
  };

  const seen = (here) => here.checkVisibility({ visibilityProperty: true });
  const name = (here) => {
    const words = (here.getAttribute("aria-label") || here.textContent || "").trim();
    const called = here.id || here.getAttribute("name") || here.getAttribute("href") || "";
    return `${here.localName} ${called} "${words.replace(/\s+/g, " ").slice(0, 40)}"`;
  };
  const group = (here) => here.form
    ? [...here.form.elements].filter((each) => each.type === "radio" && each.name === here.name) : [here];
  const isStop = (here) => {
    if (here.matches(":disabled, [type=hidden]") || here.closest("[inert]") || !seen(here)) return false;
    if (here.localName === "summary" && here.parentElement.querySelector("summary") !== here) return false;
    if (here.type !== "radio") return true;
    const all = group(here);
    return here === (all.find((each) => each.checked) || all[0]);
  };
  const around = (here) => {
    const found = [here, ...(here.labels || [])];
    for (let at = here.parentElement; at && found.length < 5; at = at.parentElement) found.push(at);
    return found;
  };
  const ring = (here) => {
    const style = getComputedStyle(here);
    const wide = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
    return `${wide >= 2 ? `${wide} ${style.outlineColor}` : "none"}; ${style.boxShadow}`;
  };

  let looks, stops, wrong, leads, last, parts, over, passed;

  const collect = () => {
    document.querySelectorAll(CONTROLS).forEach((here) => {
      if (looks.has(here) || !isStop(here) || (passed && here.closest(passed))) return;
      if (here.tabIndex < 0) {
        // Told to nobody and with another one for everybody: what Enter in a field presses.
        if (here.matches(NATIVE) && !here.matches("[aria-hidden=true]")) wrong.push(`${name(here)}: left out`);
        return;
      }
      looks.set(here, around(here).map(ring));
    });
  };
  const still = () => {
    document.querySelectorAll("[tabindex]").forEach((here) => {
      if (here.tabIndex > 0) wrong.push(`${name(here)}: out of turn`);
    });
    const deaf = (here) => seen(here) && !here.closest(NATIVE) && here.tabIndex < 0;
    document.querySelectorAll(ASKS).forEach((here) => {
      if (deaf(here) && !here.matches("form") && !BY_ITSELF.test(here.getAttribute("hx-trigger") || ""))
        wrong.push(`${name(here)}: asks for something and is no control`);
    });
    listening.forEach((here) => {
      if (here.isConnected && deaf(here) && !here.matches("form")) wrong.push(`${name(here)}: hears presses and is no control`);
    });
    document.body.querySelectorAll("*").forEach((here) => {
      if (deaf(here) && getComputedStyle(here).cursor === "pointer")
        wrong.push(`${name(here)}: looks like a control and is none`);
    });
  };
  const isCovered = (here) => {
    const box = here.getClientRects()[0] || here.getBoundingClientRect();
    const x = box.left + box.width / 2;
    const y = box.top + Math.min(box.height / 2, 12);
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return "outside the window";
    const top = document.elementFromPoint(x, y);
    const own = [here, ...(here.labels || [])];
    return top && own.some((each) => each.contains(top)) ? "" : `under ${top ? name(top) : "nothing"}`;
  };
  const look = (here) => {
    const before = looks.get(here);
    if (!before) return wrong.push(`${name(here)}: a stop that nobody sees`);
    if (around(here).map(ring).every((each, at) => each === before[at])) wrong.push(`${name(here)}: no ring`);
    const covered = isCovered(here);
    if (covered) wrong.push(`${name(here)}: ${covered}`);
    const before_it = stops[stops.length - 1];
    if (before_it && !(before_it.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING))
      wrong.push(`${name(here)}: comes after ${name(before_it)}`);
    return null;
  };
  const lead = (here) => {
    if (here.localName === "a") leads.push(here.href);
    else if (here.form && here.form.method === "get" && here.type === "submit") leads.push(here.form.action);
  };
  const stop = () => {
    const here = document.activeElement;
    if (over) return;
    if (here === last) {
      parts += 1;
      if (parts > MOST_PARTS) { wrong.push(`${name(here)}: no way out`); over = true; }
      return;
    }
    if (here === document.body || here === stops[0]) { over = true; return; }
    [last, parts] = [here, 1];
    if (stops.includes(here)) wrong.push(`${name(here)}: a second time`);
    look(here);
    stops.push(here);
    lead(here);
    const box = here.localName === "summary" && here.parentElement;
    if (box && !box.open) { box.open = true; collect(); }
  };
  listen.call(window, "keyup", (event) => { if (event.key === "Tab" && looks) stop(); }, true);

  window.walk = {
    // ``skipped`` is what the skip link leads past.
    begin(skipped) {
      [looks, stops, wrong, leads, last, parts, over, passed] = [new Map(), [], [], [], null, 0, false, skipped];
      const top = document.createElement("span");
      top.tabIndex = -1;
      document.body.prepend(top);
      top.focus();
      top.remove();
      collect();
      still();
    },
    isOver: () => over,
    told() {
      const missed = [...looks.keys()].filter((here) => seen(here) && !stops.includes(here));
      if (!over) wrong.push("the walk has no end");
      return {
        wrong: [...wrong, ...missed.map((here) => `${name(here)}: never reached`)],
        leads,
        first: stops.length ? stops[0].getAttribute("href") || name(stops[0]) : "nothing",
        count: stops.length,
      };
    },
  };
})();
