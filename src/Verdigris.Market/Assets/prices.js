// Keeps the prices of a page up to date by server-sent events. The page works without: then it shows what it was sent.
import { renewer } from "./parts.js";

const cells = new Map();
for (const cell of document.querySelectorAll("[data-price]")) {
  const key = cell.dataset.price;
  if (!cells.has(key)) cells.set(key, []);
  cells.get(key).push(cell);
}

function show(series, field, value) {
  for (const cell of cells.get(series) ?? []) {
    if (cell.dataset.field !== field) continue;
    const text = value === null || value === undefined ? "–" : Number(value).toLocaleString("en", { minimumFractionDigits: Number(cell.dataset.places ?? 0), maximumFractionDigits: 6 });
    if (cell.textContent === text) continue;
    cell.textContent = text;
    cell.classList.add("moved");
    setTimeout(() => cell.classList.remove("moved"), 800);
  }
}

if (cells.size > 0) {
  const address = "/api/v1/market/feed?series=" + [...cells.keys()].map(encodeURIComponent).join(",");
  const away = document.querySelector("[data-away]");
  // A page with a book, trades or a chart takes them anew, not more often than every two seconds.
  const live = document.querySelector("[data-live]")?.dataset.live.split(" ");
  const renew = live ? renewer(() => location.href, live) : undefined;
  const begun = new Set();
  let source, told, again;

  // Prices that stand still because the line is away look like a quiet market: after three seconds it is said, until they move again.
  function open() {
    source = new EventSource(address);
    source.addEventListener("open", () => { clearTimeout(told); told = undefined; if (away) away.hidden = true; });
    source.addEventListener("error", () => {
      told ??= setTimeout(() => { if (away) away.hidden = false; }, 3000);
      // The browser tries again by itself unless the server refused it.
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, 5000);
    });
    source.addEventListener("message", event => {
      const frame = JSON.parse(event.data);
      if (frame.day) for (const field of ["open", "high", "low", "close", "vwap", "lots", "turnover", "reportedLots", "openInterest"]) show(frame.series, field, frame.day[field]);
      if (frame.bids) show(frame.series, "bid", frame.bids[0]?.[0]);
      if (frame.asks) show(frame.series, "ask", frame.asks[0]?.[0]);
      // A snapshot after the first tells what happened while the line was away.
      if (begun.has(frame.series) || frame.type === "increment") renew?.(2000);
      begun.add(frame.series);
    });
  }
  open();
  addEventListener("pagehide", () => { source.close(); clearTimeout(told); clearTimeout(again); }, { once: true });
}
