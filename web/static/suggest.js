"use strict";
// Suggestions under the question box; without this file the form works as it is.
(() => {
  const input = document.getElementById("q");
  const list = document.getElementById("suggestions");
  if (input && list) suggestInto(input, list);

  function suggestInto(field, box) {
    let active = -1;
    let asked = 0;
    let timer = 0;
    let composed = 0;
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", box.id);
    close();
    field.addEventListener("input", (event) => {
      if (event.isComposing) return;
      schedule();
    });
    field.addEventListener("compositionend", () => {
      composed = performance.now();
      schedule();
    });
    field.addEventListener("keydown", (event) => {
      // The Enter that ends a composition chooses nothing; Safari sends it after compositionend.
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Enter" && performance.now() - composed < 50) return event.preventDefault();
      const options = box.children;
      if (event.key === "Escape") return close();
      if (event.key === "Enter" && active >= 0) {
        event.preventDefault();
        options[active].click();
      } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length) {
        event.preventDefault();
        choose((active + (event.key === "ArrowDown" ? 1 : options.length - 1) + (active < 0 && event.key === "ArrowUp" ? 1 : 0)) % options.length);
      }
    });
    field.addEventListener("blur", () => setTimeout(close, 150));

    function schedule() {
      clearTimeout(timer);
      timer = setTimeout(ask, 120);
    }
    async function ask() {
      const text = field.value.trim();
      const mine = ++asked;
      if (!text) return close();
      try {
        const response = await fetch("/api/v1/suggest?q=" + encodeURIComponent(text.slice(0, 100)));
        if (!response.ok || mine !== asked) return;
        show((await response.json()).suggestions);
      } catch {
        close();
      }
    }
    function show(suggestions) {
      box.replaceChildren(
        ...suggestions.map((suggestion, index) => {
          const option = document.createElement("li");
          option.id = "suggestion-" + index;
          option.setAttribute("role", "option");
          option.textContent = suggestion.title;
          option.addEventListener("mousedown", (event) => event.preventDefault());
          option.addEventListener("click", () => {
            field.value = suggestion.title;
            field.form.submit();
          });
          return option;
        }),
      );
      active = -1;
      field.removeAttribute("aria-activedescendant");
      box.hidden = suggestions.length === 0;
      field.setAttribute("aria-expanded", String(!box.hidden));
    }
    function choose(index) {
      active = index;
      [...box.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
      field.setAttribute("aria-activedescendant", box.children[index].id);
      box.children[index].scrollIntoView({ block: "nearest" });
    }
    function close() {
      box.hidden = true;
      active = -1;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    }
  }
})();
