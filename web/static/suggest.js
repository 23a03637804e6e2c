"use strict";
// Questions offered while typing: the editable combobox with a list of WAI-ARIA APG 1.2. The form works without it.
(() => {
  const field = document.getElementById("q");
  const box = document.getElementById("suggestions");
  const said = document.getElementById("suggestions-said");
  if (!field || !box || !said) return;
  const WAIT = 120; // ms of quiet before asking
  const AFTER_COMPOSING = 300; // ms in which a key still belongs to the composition that has just ended
  const source = field.form.getAttribute("action").replace(/\/search$/, "/api/v1/suggest?q=");
  let active = -1;
  let timer = 0;
  let asking = null;
  let composing = false;
  let composed = -Infinity;

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", box.id);
  field.setAttribute("aria-expanded", "false");

  field.addEventListener("compositionstart", () => {
    composing = true;
    close();
  });
  field.addEventListener("compositionend", (event) => {
    composing = false;
    composed = event.timeStamp;
    askSoon();
  });
  field.addEventListener("input", (event) => {
    choose(-1);
    if (!composing && !event.isComposing) askSoon();
  });
  field.addEventListener("keyup", () => {
    if (!composing) composed = -Infinity;
  });
  field.addEventListener("keydown", (event) => {
    // Keys that belong to a composition choose and send nothing. Safari sends the last one after compositionend.
    if (composing || event.isComposing || event.keyCode === 229 || event.timeStamp - composed < AFTER_COMPOSING) {
      if (event.key === "Enter") event.preventDefault();
      return;
    }
    const down = event.key === "ArrowDown";
    if (down || event.key === "ArrowUp") {
      event.preventDefault();
      if (box.hidden) ask();
      else if (!event.altKey) move(down ? 1 : -1);
      else if (!down) close();
    } else if (event.key === "Escape" && !box.hidden) {
      event.preventDefault(); // else the text would go too
      close();
    } else if (event.key === "Home" || event.key === "End") {
      choose(-1); // they go to an end of the text
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      take(box.children[active]);
    }
  });
  field.addEventListener("blur", close);
  box.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  box.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });

  function askSoon() {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  }
  async function ask() {
    const text = field.value.trim();
    if (!text) return close();
    stop();
    const mine = (asking = new AbortController());
    try {
      const response = await fetch(source + encodeURIComponent(text.slice(0, 100)), { signal: mine.signal });
      const found = response.ok ? (await response.json()).suggestions : [];
      if (mine === asking) show(found);
    } catch {
      if (mine === asking) close(); // no network: typing goes on without suggestions
    }
  }
  function show(suggestions) {
    box.replaceChildren(...suggestions.map(optionFor));
    choose(-1);
    box.hidden = suggestions.length === 0;
    field.setAttribute("aria-expanded", String(!box.hidden));
    said.textContent = suggestions.length ? said.dataset.some.replace("#", suggestions.length) : said.dataset.none;
  }
  function optionFor(suggestion, index) {
    const option = document.createElement("li");
    option.id = "suggestion-" + index;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.textContent = suggestion.title;
    return option;
  }
  // From the field to the first or the last option, and from either end back to the field. Who has begun to choose is not
  // given another list.
  function move(step) {
    stop();
    const places = box.children.length + 1;
    choose(((active + 1 + step + places) % places) - 1);
  }
  // The option at this place, or the field itself (-1): that is what Enter sends.
  function choose(place) {
    active = place;
    [...box.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    if (active < 0) return field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-activedescendant", box.children[active].id);
    box.children[active].scrollIntoView({ block: "nearest" });
  }
  function take(option) {
    field.value = option.textContent;
    close();
    if (field.form.requestSubmit) field.form.requestSubmit();
    else field.form.submit(); // Safari before 16
  }
  function stop() {
    clearTimeout(timer);
    if (asking) asking.abort();
    asking = null;
  }
  function close() {
    stop();
    box.hidden = true;
    choose(-1);
    said.textContent = "";
    field.setAttribute("aria-expanded", "false");
  }
})();
