// Keeps the trading screen moving, sends orders without leaving it, and lets the keyboard enter them. The page works without.
import { parse, renewer, take } from "./parts.js";

const desk = document.querySelector("[data-trade]");
if (desk) {
  const { trade: series, lot, tick, places } = desk.dataset;
  const digits = Number(places), units = Number(lot), step = Number(tick);
  const price = value => Number(value).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: 6 });
  const quantity = lots => (lots * units).toLocaleString("en", { maximumFractionDigits: 6 });
  const rows = [...desk.querySelectorAll("tr[data-level]")];
  const field = name => desk.querySelector(`[name="${name}"]`);

  // --- the book ---

  function put(cell, text) {
    if (!cell || cell.textContent === text) return;
    cell.textContent = text;
    cell.classList.add("moved");
    setTimeout(() => cell.classList.remove("moved"), 600);
  }

  function side(levels, name) {
    rows.forEach((row, n) => {
      const level = levels[n], lots = row.querySelector(`[data-cell="${name}-lots"]`);
      put(row.querySelector(`[data-cell="${name}"]`), level ? price(level[0]) : "–");
      put(lots, level ? quantity(level[1]) : "–");
      lots.dataset.lots = level ? level[1] : 0;
    });
  }

  // Levels at which an own order stands.
  function own() {
    const prices = { bid: new Set(), ask: new Set() }, says = desk.querySelector(".ladder").dataset.ownTitle;
    for (const order of desk.querySelectorAll("[data-part=mine] [data-own]")) prices[order.dataset.own].add(order.textContent.trim());
    for (const row of rows)
      for (const name of ["bid", "ask"]) {
        const cell = row.querySelector(`[data-cell="${name}"]`), is = prices[name].has(cell.textContent.trim());
        cell.classList.toggle("own", is);
        if (is) cell.title = says; else cell.removeAttribute("title");
      }
  }

  function bars() {
    const cells = [...desk.querySelectorAll(".ladder [data-lots]")], most = Math.max(1, ...cells.map(c => Number(c.dataset.lots)));
    for (const cell of cells) cell.dataset.share = Number(cell.dataset.lots) === 0 ? 0 : Math.max(1, Math.floor(10 * Number(cell.dataset.lots) / most));
  }

  // --- the tape: a snapshot brings trades that stand there already ---

  const tape = desk.querySelector("[data-tape]");
  function print(trade) {
    if (tape.querySelector(`[data-trade-number="${trade.trade}"]`)) return;
    tape.querySelector("[data-empty]")?.remove();
    const before = [...tape.rows].find(r => Number(r.dataset.tradeNumber) < trade.trade);
    const row = tape.insertRow(before ? before.sectionRowIndex : -1);
    row.dataset.tradeNumber = trade.trade;
    [new Date(trade.at).toISOString().slice(11, 19), price(trade.price), quantity(trade.lots)].forEach((text, n) => { const cell = row.insertCell(); cell.textContent = text; if (n > 0) cell.className = "num"; });
    const came = desk.querySelector(`template[data-came="${trade.aggressor}"]`);
    row.insertCell().append(came?.content.cloneNode(true) ?? "");
    row.classList.add("moved");
    setTimeout(() => row.classList.remove("moved"), 600);
    while (tape.rows.length > 20) tape.deleteRow(-1);
  }

  // A trade that was taken back: struck through, and said to who does not see it.
  function strike(trade) {
    const row = tape.querySelector(`[data-trade-number="${trade.trade}"]`);
    if (!row || row.classList.contains("busted")) return;
    row.classList.add("busted");
    row.cells[row.cells.length - 1].append(" ", desk.querySelector("template[data-busted]").content.cloneNode(true));
  }

  // --- parts of the page that only the server can write: own orders, what there is to trade with, the chart ---

  const address = () => { const account = field("Account")?.value; return location.pathname + (account ? `?account=${encodeURIComponent(account)}` : ""); };
  const renew = renewer(address, ["mine", "means", "history", "chart", "out", "indicative"], own);
  const clock = setInterval(() => renew(0), 15000);

  let source, again, begun = false;
  function open() {
    source = new EventSource("/api/v1/market/feed?series=" + encodeURIComponent(series));
    source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) again = setTimeout(open, 5000); });
    source.addEventListener("message", event => {
      const frame = JSON.parse(event.data);
      if (frame.series !== series) return;
      if (frame.bids) side(frame.bids, "bid");
      if (frame.asks) side(frame.asks, "ask");
      if (frame.bids || frame.asks) { bars(); own(); }
      for (const trade of frame.trades ?? []) print(trade);
      for (const trade of frame.takenBack ?? []) strike(trade);
      // What is typed stays: only what says the phase is taken anew.
      if (frame.phase && frame.phase !== desk.dataset.phase) { desk.dataset.phase = frame.phase; renew(0, ["head", "turn"]); }
      // A snapshot after the first tells what happened while the line was away.
      if (begun || frame.type === "increment") renew(frame.trades || frame.takenBack ? 300 : 1000);
      begun = true;
    });
  }
  open();
  addEventListener("pagehide", () => { source.close(); clearTimeout(again); clearInterval(clock); }, { once: true });

  // --- orders and cancellations go without leaving the page; what is typed stays, the form's id is new ---

  // What was refused before is refused no longer.
  function accepted(form) {
    for (const wrong of form.querySelectorAll(".error, .form-errors")) wrong.remove();
    for (const one of form.querySelectorAll(".has-error")) one.classList.remove("has-error");
    for (const input of form.querySelectorAll("[aria-invalid]")) {
      input.removeAttribute("aria-invalid");
      const says = input.getAttribute("aria-describedby")?.split(" ").filter(id => document.getElementById(id));
      if (says?.length) input.setAttribute("aria-describedby", says.join(" ")); else input.removeAttribute("aria-describedby");
    }
  }

  document.addEventListener("submit", async event => {
    const form = event.target;
    if (!form.closest("[data-part=ticket], [data-part=mine]") || form.dataset.sent) return;
    event.preventDefault();
    event.stopPropagation();
    form.dataset.sent = "1";
    const body = new FormData(form, event.submitter ?? undefined);
    event.submitter?.setAttribute("aria-busy", "true");
    try {
      const reply = await fetch(location.pathname, { method: "POST", body: new URLSearchParams(body), headers: { Accept: "text/html" } });
      const page = parse(await reply.text()), ticket = form.closest("[data-part=ticket]");
      if (!page.querySelector(`[data-trade="${CSS.escape(series)}"]`)) { location.reload(); return; }
      // Where an order was cancelled by its chord, the field at hand is worked in further.
      if (ticket || form.contains(document.activeElement)) document.activeElement?.blur();
      const done = reply.redirected;
      take(page, ["head", "mine", "means", "history", "indicative", ...done ? ["out", "said"] : ticket ? ["ticket"] : []]);
      own();
      if (done && ticket) {
        form.querySelector("[name=ClientId]").value = page.querySelector("[name=ClientId]").value;
        accepted(form);
        field("Quantity").value = "";
      }
      const wrong = document.querySelector(ticket ? "[data-part=ticket] [aria-invalid=true]" : "[data-part=mine] .form-errors");
      if (wrong) wrong.focus(); else if (ticket) field("Quantity")?.focus();
    } catch { location.reload(); }
    finally { delete form.dataset.sent; event.submitter?.removeAttribute("aria-busy"); }
  }, true);

  // --- a press on a level puts its price into the ticket; q: quantity, p: price; arrows move the price by a tick ---

  for (const row of rows) {
    row.addEventListener("click", event => {
      const cell = event.target.closest("td");
      const text = row.querySelector(cell?.dataset.cell?.startsWith("ask") ? '[data-cell="ask"]' : '[data-cell="bid"]')?.textContent ?? "";
      const input = field("Price");
      if (input && text !== "–") { input.value = text.replaceAll(",", ""); input.focus(); }
    });
  }

  addEventListener("keydown", event => {
    // Browsers press an access key by different chords: here Alt+B, Alt+S and Alt+X are the same in all of them.
    const chord = event.altKey && !event.ctrlKey && !event.metaKey && !event.repeat ? { KeyB: "b", KeyS: "s", KeyX: "x" }[event.code] : undefined;
    const pressed = chord && desk.querySelector(`button[accesskey="${chord}"]`);
    if (pressed) { event.preventDefault(); pressed.click(); return; }
    const typing = /^(input|select|textarea)$/i.test(document.activeElement?.tagName ?? "");
    if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const target = event.key === "q" ? field("Quantity") : event.key === "p" ? field("Price") : null;
      if (target) { event.preventDefault(); target.focus(); target.select?.(); }
    }
    if (document.activeElement === field("Price") && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      const best = document.querySelector(`[data-cell="${event.key === "ArrowUp" ? "ask" : "bid"}"]`)?.textContent.replaceAll(",", "");
      const now = Number(field("Price").value || best || 0) || 0;
      field("Price").value = Math.max(step, (Math.round(now / step) + (event.key === "ArrowUp" ? 1 : -1)) * step).toFixed(digits);
    }
  });
}
