// Follows work by server-sent events: {value, max, text, done, location}. Closes when done; the browser reconnects by itself before that.
export function follow(block) {
  const address = block.dataset.progress;
  if (!address) return;
  const bar = block.querySelector("progress");
  const text = block.querySelector("[data-progress-text]");
  const source = new EventSource(address);
  source.addEventListener("message", event => {
    const state = JSON.parse(event.data);
    if (state.max !== undefined) bar.max = state.max;
    if (state.value === undefined || state.value === null) bar.removeAttribute("value");
    else bar.value = state.value;
    if (state.text !== undefined) text.textContent = state.text;
    if (!state.done) return;
    source.close();
    if (state.location) location.assign(state.location);
  });
  addEventListener("pagehide", () => source.close(), { once: true });
}
