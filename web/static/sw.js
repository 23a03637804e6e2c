"use strict";
// Keeps the entries and topics that were visited, to be read without a network. Nothing else: a search result of
// yesterday must not look like the answer of today.
const PAGES = "wence-pages";
const PARTS = "wence-parts";
const SHELL = "wence-shell";
const MOST_PAGES = 60;
const MOST_PARTS = 30;
const OFFLINE = "/offline";
const OFFLINE_TRADITIONAL = "/zh-Hant/offline";
const TRADITIONAL = /^\/zh-Hant(\/|$)/;
// Where a page says that it is a copy, and in what words.
const PLACE = /<main [^>]*data-copy="([^"]+)"[^>]*>/;
// A part of a page is named by its content.
const NAMED = /^(\/static\/.+)\.[0-9a-f]{12}(\.\w+)$/;
const KEPT = /^(?:\/zh-Hant)?\/(?:[aq]\/[a-z0-9-]+\/[a-z0-9-]+|t\/[a-z0-9-]+)$/;

self.addEventListener("install", (event) => event.waitUntil(prepare().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(visit(event, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(part(event, url));
});

// The page from which this worker was installed was loaded without it, and asks to be kept.
self.addEventListener("message", (event) => {
  const url = new URL(event.source.url);
  if (event.data !== "keep" || url.search) return;
  event.waitUntil(fetch(url.pathname).then((reply) => remember(url.pathname, reply), () => {}));
});

async function prepare() {
  for (const page of [OFFLINE, OFFLINE_TRADITIONAL]) await keepShell(page);
}

async function keepShell(page) {
  const reply = await fetch(page, { cache: "reload" });
  if (!reply.ok) throw new Error("the offline page cannot be had");
  const html = await reply.clone().text();
  const parts = [...html.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map(([, path]) => path);
  const replies = await Promise.all(parts.map((path) => fetch(path)));
  if (!replies.every(({ ok }) => ok)) throw new Error("a part of the offline page cannot be had");
  for (const [place, path] of parts.entries()) await keepPart(path, replies[place]);
  await (await caches.open(SHELL)).put(page, reply);
}

async function visit(event, url) {
  let reply;
  try {
    reply = await fetch(event.request);
  } catch {
    return (await keptCopy(url.pathname)) || (await offlinePage(url.pathname)) || Response.error();
  }
  if (!url.search || gone(reply)) event.waitUntil(remember(url.pathname, reply.clone()));
  return reply;
}

function offlinePage(path) {
  return caches.match(TRADITIONAL.test(path) ? OFFLINE_TRADITIONAL : OFFLINE);
}

function gone(reply) {
  return reply.status === 404 || reply.status === 410;
}

async function remember(path, reply) {
  if (!KEPT.test(path)) return;
  if (gone(reply)) await (await caches.open(PAGES)).delete(path);
  else if (reply.status === 200 && !reply.redirected) await store(PAGES, MOST_PAGES, path, reply);
}

async function keptCopy(path) {
  const copy = KEPT.test(path) && (await (await caches.open(PAGES)).match(path));
  if (!copy) return null;
  const html = await copy.text();
  // A copy that cannot be marked as one would pass for the page of today.
  if (!PLACE.test(html)) return null;
  const headers = new Headers(copy.headers);
  for (const name of ["content-length", "content-encoding"]) headers.delete(name);
  return new Response(html.replace(PLACE, (main, words) => main + notice(words, copy)), { headers });
}

// The words of the page itself, in its characters; those of the day are the same in both.
function notice(words, copy) {
  const at = new Date(copy.headers.get("date") || NaN);
  const day = isNaN(at) ? "以前" : `${at.getFullYear()}年${at.getMonth() + 1}月${at.getDate()}日`;
  return `<p class="notice" role="status" id="kept-copy">${words.replace("#", day)}</p>`;
}

async function part(event, url) {
  const held = await (await caches.open(PARTS)).match(event.request);
  if (held) return held;
  try {
    const reply = await fetch(event.request);
    if (reply.ok) event.waitUntil(keepPart(event.request, reply.clone()));
    return reply;
  } catch {
    return (await otherVersion(url)) || Response.error();
  }
}

// Under the name of another content the server sends what it has now; only what is what its name says stays good.
async function keepPart(key, reply) {
  if (/\bimmutable\b/.test(reply.headers.get("cache-control"))) await store(PARTS, MOST_PARTS, key, reply);
}

async function otherVersion(wanted) {
  const name = (url) => url.pathname.replace(NAMED, "$1$2");
  const cache = await caches.open(PARTS);
  const kept = (await cache.keys()).reverse().find((each) => name(new URL(each.url)) === name(wanted));
  return kept && cache.match(kept);
}

async function store(name, most, key, reply) {
  try {
    const cache = await caches.open(name);
    // Put again, so that the order of the keys is that of the last visits.
    await cache.delete(key);
    await cache.put(key, reply);
    const keys = await cache.keys();
    await Promise.all(keys.slice(0, Math.max(0, keys.length - most)).map((old) => cache.delete(old)));
  } catch {
    // No room on the device: the page is shown all the same, and not kept.
  }
}
