// Keeps a page up to date that the server writes as a whole: it is asked for again every so many seconds as long as it says that something can still change, and its parts are taken. The page works without.
import { renewer } from "./parts.js";

const root = document.querySelector("[data-renews]");
if (root) {
  // By the server's clock: that of the reader may be wrong.
  let ahead = Date.parse(root.dataset.now) - Date.now();
  const now = () => Date.now() + ahead;
  const two = n => String(n).padStart(2, "0");
  let timer, turn, ended = false;

  // Time left until a moment, every second: days, then hours, minutes and seconds.
  function count() {
    for (const clock of document.querySelectorAll("[data-until]")) {
      const left = Math.max(0, Math.ceil((Date.parse(clock.dataset.until) - now()) / 1000)), days = Math.floor(left / 86400);
      clock.querySelector("[data-left]").textContent = `${days > 0 ? clock.dataset.days.replace("{n}", days) + " " : ""}${two(Math.floor(left / 3600) % 24)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
      clock.hidden = false;
    }
  }

  // Every part there is, the outer before the inner: where the outer is worked in, what lies in it is still taken.
  const renew = renewer(() => location.pathname + location.search, [], page => {
    const said = page.querySelector("[data-renews]");
    if (!said) return;
    Object.assign(root.dataset, { renews: said.dataset.renews, turns: said.dataset.turns });
    ahead = Date.parse(said.dataset.now) - Date.now();
    plan();
  });
  const ask = () => { if (!ended && !document.hidden) renew(0, [...document.querySelectorAll("[data-part]")].map(part => part.dataset.part)); };

  // The next question, and one at the moment the server named. Where nothing can change any more it names neither.
  function plan() {
    clearInterval(timer);
    clearTimeout(turn);
    count();
    const every = Number(root.dataset.renews), until = Date.parse(root.dataset.turns) - now();
    ended = !(every > 0);
    if (ended) { clearInterval(seconds); return; }
    timer = setInterval(ask, every * 1000);
    if (until > -1000 && until < 2 ** 31) turn = setTimeout(ask, Math.max(0, until) + 300);
  }

  const seconds = setInterval(count, 1000);
  plan();
  // A page nobody looks at asks nothing; seen again it asks at once.
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
}
