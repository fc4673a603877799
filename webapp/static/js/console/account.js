// Passkeys, which only script can ask a device for, and the form that comes back from a provider.
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(
    atob(text.replace(/-/g, "+").replace(/_/g, "/")), (mark) => mark.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const asked = (options) => ({
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...["excludeCredentials", "allowCredentials"].reduce((all, name) => options[name]
      ? { ...all, [name]: options[name].map((each) => ({ ...each, id: bytes(each.id) })) } : all, {}),
  });
  const answered = (given) => {
    const said = given.response;
    const response = { clientDataJSON: text(said.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (said[name]) response[name] = text(said[name]);
    }
    return { id: given.id, rawId: text(given.rawId), type: given.type, response,
      clientExtensionResults: {} };
  };

  const use = async (form) => {
    const failed = form.querySelector("[data-failed]");
    failed.hidden = true;
    try {
      const reply = await fetch(form.dataset.challenge, {
        method: "POST", credentials: "same-origin", body: new URLSearchParams({ csrf: form.csrf.value }),
      });
      if (!reply.ok) throw new Error("refused");
      const publicKey = asked(await reply.json());
      const given = form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey })
        : await navigator.credentials.get({ publicKey });
      form.answer.value = JSON.stringify(answered(given));
      form.submit();
    } catch (error) {
      failed.textContent = error.name === "InvalidStateError"
        ? "This device has a passkey for you already."
        : "The device gave no answer. Try again, or go on another way.";
      failed.hidden = false;
      failed.setAttribute("role", "alert");
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-passkey]");
    if (!form || !form.checkValidity()) return;
    event.preventDefault();
    use(form);
  });
  if (window.PublicKeyCredential) {
    document.querySelectorAll("form[data-passkey][hidden]").forEach((form) => { form.hidden = false; });
    document.querySelectorAll("[data-no-passkeys]").forEach((note) => { note.hidden = true; });
  }
  const onward = document.querySelector("form[data-send]");
  if (onward) onward.requestSubmit();
})();
