// Brings parts of a page up to date with what the server now writes in them: what only it can say of orders, means and charts.

// A part that is replaced between the press and the release of a button would lose the press.
let pressing = false;
addEventListener("pointerdown", () => { pressing = true; });
for (const over of ["pointerup", "pointercancel"]) addEventListener(over, () => setTimeout(() => { pressing = false; }));

// What a part says: every rendering has tokens of its own in its forms, and those before stay good.
const said = part => part.innerHTML.replace(/(name="__RequestVerificationToken" value=")[^"]*/g, "$1");

// Puts the named parts of another rendering of the page into this one. What somebody works in, and what is unfolded, stays as it is.
export function take(page, names) {
  for (const name of names) {
    const now = document.querySelector(`[data-part="${name}"]`), next = page.querySelector(`[data-part="${name}"]`);
    if (now && next && said(now) !== said(next) && !now.contains(document.activeElement) && !now.querySelector("details[open]")) now.replaceChildren(...next.childNodes);
  }
}

// Somebody is at work in a part: something is typed, refused, being sent or marked in it. Asking of its own accord never takes that away.
function worked(part) {
  const marked = getSelection();
  if (marked && !marked.isCollapsed && marked.containsNode(part, true)) return true;
  if (part.querySelector("form[data-sent], [aria-invalid=true], .form-errors")) return true;
  return fields(part).some(typed);
}

const fields = part => [...part.querySelectorAll("input:not([type=hidden]), textarea, select")];
const typed = field => field.matches("select") ? [...field.options].some(o => o.selected !== o.defaultSelected) && (field.selectedIndex > 0 || [...field.options].some(o => o.defaultSelected))
  : field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;

// What had the focus last, with it still or not.
let last;
addEventListener("focusin", event => { last = event.target; });

// Rows that come above what somebody works in would push it from under the eyes: the page is moved along with it.
function inPlace(change) {
  const seen = element => { const box = element.getBoundingClientRect(); return box.height > 0 && box.bottom > 0 && box.top < innerHeight; };
  const at = [last, ...fields(document).filter(typed)].find(element => element?.isConnected && seen(element));
  const top = at?.getBoundingClientRect().top;
  change();
  if (at?.isConnected) scrollBy({ top: at.getBoundingClientRect().top - top, behavior: "instant" });
}

export const parse = text => new DOMParser().parseFromString(text, "text/html");

// Asks again for the page at an address and takes parts of it, one question at a time; tells the page it read. Answers a function that asks so many milliseconds from now, unless it will ask before.
export function renewer(address, names, after) {
  let asked, running = false, more = [];
  addEventListener("pagehide", () => { clearTimeout(asked); asked = undefined; });
  return function renew(soon, besides = []) {
    more = [...more, ...besides];
    if (asked || document.hidden) return;
    asked = setTimeout(async () => {
      asked = undefined;
      if (running || pressing) return renew(pressing ? 200 : 1000);
      running = true;
      const wanted = [...names, ...more.splice(0)];
      try {
        const reply = await fetch(address(), { headers: { Accept: "text/html" } });
        if (reply.ok && !reply.redirected) {
          const page = parse(await reply.text());
          if (pressing) { more = wanted; renew(200); } else {
            inPlace(() => take(page, wanted.filter(name => { const part = document.querySelector(`[data-part="${name}"]`); return part && !worked(part); })));
            after?.(page);
          }
        }
      } catch { /* the line is away; the next event or the clock asks again */ } finally { running = false; }
    }, soon);
  };
}
