"use strict";
// Keeps visited entries for reading without a network (sw.js), and lists them on the offline page.
(() => {
  const SETTLING = 1000; // ms
  const list = document.getElementById("kept");
  // The list itself was asked for; under any other address it stands in for a page that cannot be had.
  const standsIn = list && !/^(\/zh-Hant)?\/offline$/.test(location.pathname);
  if (list && "caches" in window) show();
  if (document.getElementById("kept-copy") || standsIn) pause();
  else addEventListener("offline", () => pause(document.getElementById("no-network")));
  if (standsIn) addEventListener("online", () => setTimeout(retry, SETTLING));
  if (!("serviceWorker" in navigator)) return;
  const unseen = !navigator.serviceWorker.controller;
  navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).catch(() => {});
  if (unseen) navigator.serviceWorker.ready.then(({ active }) => active.postMessage("keep"));

  // What was asked for is shown when it can be had; the event comes before the network carries anything.
  function retry() {
    const reached = fetch("/offline", { method: "HEAD", cache: "no-store" });
    reached.then(() => location.reload(), () => setTimeout(retry, SETTLING));
  }
  // Nothing can be looked up or sent until there is a network again; what was written stays. `place` is where that is said,
  // if the page does not say it yet.
  function pause(place) {
    const field = document.getElementById("q");
    const { placeholder } = field;
    const parts = [...document.forms].flatMap((form) => [...form.elements]).filter((part) => !part.disabled);
    if (standsIn) field.value = new URLSearchParams(location.search).get("q") || "";
    const set = (off, words) => {
      for (const part of parts) part.disabled = off;
      field.placeholder = words;
    };
    set(true, field.dataset.off);
    if (place) place.textContent = place.dataset.off;
    addEventListener("online", () => {
      set(false, placeholder);
      if (place) place.textContent = "";
    }, { once: true });
  }
  async function show() {
    document.getElementById("not-kept").hidden = !standsIn;
    const cache = await caches.open("wence-pages");
    const kept = await Promise.all((await cache.keys()).reverse().map((request) => read(cache, request)));
    list.replaceChildren(...kept.map(line));
    const none = document.getElementById("none-kept");
    none.textContent = kept.length ? "" : none.dataset.none;
    const forget = document.getElementById("forget-kept");
    forget.hidden = kept.length === 0;
    forget.onclick = () => caches.delete("wence-pages").then(show).then(leave);
  }
  // The button goes with what it deleted, and the keyboard must not be left nowhere.
  function leave() {
    document.getElementById("kept-heading").focus();
  }
  async function read(cache, request) {
    const copy = await cache.match(request);
    const page = new DOMParser().parseFromString(await copy.text(), "text/html");
    const heading = page.querySelector("h1");
    const path = new URL(request.url).pathname;
    const day = new Date(copy.headers.get("date") || NaN);
    return { path, title: heading ? heading.textContent : path, day: isNaN(day) ? "" : day.toLocaleDateString("zh-CN") };
  }
  function line({ path, title, day }) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const note = document.createElement("span");
    link.href = path;
    link.textContent = title;
    note.className = "note";
    note.textContent = day && list.dataset.kept.replace("#", day);
    item.append(link, note);
    return item;
  }
})();
