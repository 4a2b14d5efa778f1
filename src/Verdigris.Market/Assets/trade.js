// Keeps the trading screen moving and lets the keyboard enter orders. The page works without.
const desk = document.querySelector("[data-trade]");
if (desk) {
  const { trade: series, lot, places } = desk.dataset;
  const digits = Number(places), units = Number(lot);
  const price = value => Number(value).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: 6 });
  const quantity = lots => (lots * units).toLocaleString("en", { maximumFractionDigits: 6 });
  const rows = [...desk.querySelectorAll("tr[data-level]")];
  const field = name => desk.querySelector(`[name="${name}"]`);

  function put(cell, text) {
    if (!cell || cell.textContent === text) return;
    cell.textContent = text;
    cell.classList.add("moved");
    setTimeout(() => cell.classList.remove("moved"), 600);
  }

  function side(levels, name) {
    rows.forEach((row, n) => {
      const level = levels[n];
      put(row.querySelector(`[data-cell="${name}"]`), level ? price(level[0]) : "–");
      put(row.querySelector(`[data-cell="${name}-lots"]`), level ? quantity(level[1]) : "–");
    });
  }

  const source = new EventSource("/api/v1/market/feed?series=" + encodeURIComponent(series));
  source.addEventListener("message", event => {
    const frame = JSON.parse(event.data);
    if (frame.series !== series) return;
    if (frame.bids) side(frame.bids, "bid");
    if (frame.asks) side(frame.asks, "ask");
    const phase = document.querySelector("[data-phase]");
    if (frame.phase && phase) put(phase, JSON.parse(phase.dataset.phase)[frame.phase] ?? frame.phase);
    const tape = desk.querySelector("[data-tape]");
    // A snapshot has the last trades whole; an increment the new ones.
    if (frame.type === "snapshot" && frame.trades?.length > 0) tape.replaceChildren();
    for (const trade of frame.trades ?? []) {
      tape.querySelector("[data-empty]")?.remove();
      const row = tape.insertRow(0);
      const cells = [new Date(trade.at).toISOString().slice(11, 19), price(trade.price), quantity(trade.lots)];
      cells.forEach((text, n) => { const cell = row.insertCell(); cell.textContent = text; if (n > 0) cell.className = "num"; });
      while (tape.rows.length > 20) tape.deleteRow(-1);
    }
  });
  addEventListener("pagehide", () => source.close(), { once: true });

  // A click on a level puts its price into the ticket.
  for (const row of rows) {
    row.addEventListener("click", event => {
      const cell = event.target.closest("td");
      const text = row.querySelector(cell?.dataset.cell?.startsWith("ask") ? '[data-cell="ask"]' : '[data-cell="bid"]')?.textContent ?? "";
      const input = field("Price");
      if (input && text !== "–") { input.value = text.replaceAll(",", ""); input.focus(); }
    });
  }

  // q: quantity, p: price; arrows move the price by a tick while it has the focus.
  addEventListener("keydown", event => {
    const typing = /^(input|select|textarea)$/i.test(document.activeElement?.tagName ?? "");
    if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const target = event.key === "q" ? field("Quantity") : event.key === "p" ? field("Price") : null;
      if (target) { event.preventDefault(); target.focus(); target.select?.(); }
    }
    if (document.activeElement === field("Price") && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      const tick = 10 ** -digits, now = Number(field("Price").value || 0);
      field("Price").value = Math.max(0, now + (event.key === "ArrowUp" ? tick : -tick)).toFixed(digits);
    }
  });
}
