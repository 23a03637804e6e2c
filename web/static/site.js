"use strict";
// Everything here is an addition: the pages work without it.
(() => {
  for (const button of document.querySelectorAll(".copy")) {
    if (!navigator.clipboard) break;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(location.href);
      button.textContent = "已复制";
    });
  }
  for (const button of document.querySelectorAll(".print")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  for (const checklist of document.querySelectorAll(".checklist")) remember(checklist);

  function remember(checklist) {
    const key = "ticks:" + checklist.dataset.list;
    const boxes = [...checklist.querySelectorAll("input")];
    let ticks = [];
    try {
      ticks = JSON.parse(localStorage.getItem(key)) || [];
    } catch {
      return;
    }
    boxes.forEach((box, index) => {
      box.checked = ticks.includes(index);
      box.addEventListener("change", () => {
        const ticked = boxes.flatMap((one, at) => (one.checked ? [at] : []));
        try {
          localStorage.setItem(key, JSON.stringify(ticked));
        } catch {
          // private mode: the ticks last for this page only
        }
      });
    });
  }
})();
