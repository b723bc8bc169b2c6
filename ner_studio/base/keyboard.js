// What Gradio's fields lack for those who work with the keyboard. It is called once, with the page.
() => {
  // Gradio answers a key in a list a moment later. After Tab that opens the list again, over fields
  // that have the focus by then.
  const leaving = (event) => {
    if (event.key === "Tab" && event.target.matches("input[role=combobox]")) event.stopPropagation();
  };
  document.addEventListener("keydown", leaving, true);

  // Enter chooses in a list, and Gradio takes the focus away after it. It comes back, with the list
  // closed, which Gradio opens for whoever comes to it.
  let chosen = null;
  const choosing = ({ type, key, target }) => {
    chosen = type === "keydown" && key === "Enter" && target.matches("input[role=combobox]") ? target : null;
  };
  const comeBack = ({ target, relatedTarget }) => {
    if (target !== chosen || relatedTarget) return;
    chosen = null;
    setTimeout(() => {
      target.focus({ preventScroll: true });
      target.select();
      target.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    });
  };
  for (const event of ["keydown", "pointerdown"]) document.addEventListener(event, choosing, true);
  document.addEventListener("focusout", comeBack);

  // Gradio gives each radio button a name of its own. With one name they are one group: one stop for
  // Tab, and the arrow keys choose.
  let groups = 0;
  const group = () => {
    for (const fieldset of document.querySelectorAll("fieldset.block:has([type=radio])")) {
      fieldset.dataset.radios ??= `radios-${(groups += 1)}`;
      for (const radio of fieldset.querySelectorAll("[type=radio]")) {
        if (radio.name !== fieldset.dataset.radios) radio.name = fieldset.dataset.radios;
      }
    }
  };
  group();
  new MutationObserver(group).observe(document.body, { childList: true, subtree: true });

  // What has the focus may be replaced by an answer of the server, hidden or disabled. Then the browser
  // puts the focus nowhere, and Tab begins at the top of the page again. It goes to what replaces the
  // element, or else to the smallest part of the page that is still shown.
  let last = null;
  const usable = (found) => found.isConnected && found.checkVisibility() && !found.disabled;
  const alike = (found) =>
    [found.tagName, found.type, found.id, found.dataset.do, found.getAttribute("aria-label")]
      .concat(found.matches("[type=checkbox], [type=radio]") ? found.value : [])
      .concat(found.tagName === "BUTTON" ? found.textContent : [])
      .join("\n");
  const keep = ({ target }) => {
    const around = [];
    for (let part = target.parentElement; part; part = part.parentElement) if (part.id) around.push(part);
    last = { target, alike: alike(target), around };
  };
  const find = () => {
    const lost = document.activeElement === document.body || document.activeElement === last?.target;
    if (!last || !lost || usable(last.target)) return;
    const { alike: wanted, around } = last;
    const part = around.find(usable);
    if (!part) return;
    const others = [...part.querySelectorAll(last.target.tagName)];
    const next = others.find((other) => usable(other) && alike(other) === wanted) ?? part;
    if (next === part) part.setAttribute("tabindex", "-1");
    next.focus({ preventScroll: next !== part });
  };
  let waiting = 0;
  const changes = { attributeFilter: ["class", "style", "disabled", "hidden"], childList: true, subtree: true };
  new MutationObserver(() => {
    if (!last || usable(last.target)) return;
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(find); // the browser takes the focus away when it draws
  }).observe(document.body, changes);
  document.addEventListener("focusin", keep);
  document.addEventListener("pointerdown", () => (last = null), true);
}
