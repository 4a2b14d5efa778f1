// Asks the browser for a passkey before its form is sent: the answer goes into the form's hidden field. Where the browser makes none, the word for it goes there, and the server says so.
for (const part of document.querySelectorAll("[data-passkey-form]")) part.hidden = !(window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON);
for (const field of document.querySelectorAll("input[data-passkey]")) {
  const form = field.form;
  let asking = false;
  form.addEventListener("submit", async (event) => {
    if (field.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (asking) return;
    asking = true;
    try {
      const options = JSON.parse(field.dataset.options);
      const credential = field.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      field.value = JSON.stringify(credential.toJSON());
    } catch (e) {
      field.value = "none: " + e.name;
    }
    form.requestSubmit();
  }, { capture: true });
}
