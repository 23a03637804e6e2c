"use strict";
// Everything here is an addition: the pages work without it.
(() => {
  const SHOWN = 4000; // ms
  // What the page says once is not for whoever gets its address.
  const here = new URL(location.href);
  if (here.searchParams.has("said")) {
    for (const name of ["said", "at", "without"]) here.searchParams.delete(name);
    history.replaceState(null, "", here);
  }
  if (navigator.clipboard) each("copy", copy);
  if (navigator.share) each("share", () => navigator.share({ title: document.title, url: location.href }).catch(() => {}));
  each("print", print);
  if ("speechSynthesis" in window) {
    offerReading();
    speechSynthesis.addEventListener("voiceschanged", offerReading);
    addEventListener("pagehide", () => speechSynthesis.cancel());
  }
  for (const checklist of document.querySelectorAll(".checklist")) remember(checklist);
  keepWords();
  // Browsers before ::details-content (site.css) print what is open only.
  if (!CSS.supports("selector(::details-content)")) {
    addEventListener("beforeprint", () => document.querySelectorAll(".printed").forEach((fold) => (fold.open = true)));
  }

  function each(name, act) {
    for (const button of document.querySelectorAll("button." + name)) {
      button.hidden = false;
      button.onclick = () => act(button);
    }
  }

  async function copy(button) {
    const { done, failed } = button.dataset;
    const words = await navigator.clipboard.writeText(location.href).then(() => done, () => failed);
    const said = button.nextElementSibling;
    if (!said.textContent) button.dataset.start = button.textContent;
    button.textContent = said.textContent = words;
    setTimeout(() => {
      button.textContent = button.dataset.start;
      said.textContent = "";
    }, SHOWN);
  }

  // On a page with several cards, only the one whose button was pressed is printed.
  function print(button) {
    const card = button.closest(".card");
    if (!card) return window.print();
    document.body.classList.add("printing");
    card.classList.add("chosen");
    addEventListener("afterprint", () => {
      document.body.classList.remove("printing");
      card.classList.remove("chosen");
    }, { once: true });
    window.print();
  }

  function chineseVoice() {
    return speechSynthesis.getVoices().find((voice) => /^(zh|cmn)/i.test(voice.lang));
  }

  function offerReading() {
    if (chineseVoice()) each("read", read);
  }

  // One utterance a sentence: browsers break off long ones.
  function read(button) {
    const reading = button.classList.contains("reading");
    speechSynthesis.cancel();
    for (const other of document.querySelectorAll("button.reading")) stopped(other);
    if (reading) return;
    const text = button.closest(".card").querySelector("[data-read]").innerText;
    const sentences = text.match(/[^。；！？\n]+[。；！？]*/g).map((sentence) => new SpeechSynthesisUtterance(sentence));
    for (const sentence of sentences) {
      sentence.voice = chineseVoice();
      sentence.lang = sentence.voice.lang;
      sentence.rate = 0.9;
      sentence.onerror = () => stopped(button);
    }
    sentences[sentences.length - 1].onend = () => stopped(button);
    button.classList.add("reading");
    button.dataset.start = button.textContent;
    button.textContent = button.dataset.stop;
    sentences.forEach((sentence) => speechSynthesis.speak(sentence));
  }

  function stopped(button) {
    if (!button.classList.contains("reading")) return;
    button.classList.remove("reading");
    button.textContent = button.dataset.start;
  }

  // Another size or view is another page: what was being written goes with the visitor.
  function keepWords() {
    const KEY = "words";
    const fields = [...document.querySelectorAll("textarea, #q")];
    try {
      const { page, words } = JSON.parse(sessionStorage.getItem(KEY)) || {};
      sessionStorage.removeItem(KEY);
      if (page === here.pathname + here.search) fields.forEach((field, place) => words[place] && put(field, words[place]));
    } catch {
      return;
    }
    const form = document.querySelector("form.view");
    if (form) form.addEventListener("submit", () => {
      const words = fields.map((field) => (field.value === field.defaultValue ? "" : field.value));
      sessionStorage.setItem(KEY, JSON.stringify({ page: here.pathname + here.search, words }));
    });
  }

  function put(field, words) {
    field.value = words;
    const fold = field.closest("details");
    if (fold) fold.open = true;
  }

  // Ticks are kept by the name of the material: when an editor adds one, the others stay right.
  function remember(checklist) {
    const key = "ticks:" + checklist.dataset.list;
    const boxes = [...checklist.querySelectorAll("input")];
    let ticked = [];
    try {
      ticked = JSON.parse(localStorage.getItem(key)) || [];
    } catch {
      return;
    }
    for (const box of boxes) {
      box.checked = ticked.includes(box.value);
      box.addEventListener("change", () => {
        try {
          localStorage.setItem(key, JSON.stringify(boxes.filter((one) => one.checked).map((one) => one.value)));
        } catch {
          // private mode: the ticks last for this page only
        }
      });
    }
  }
})();
