// The service worker of the page. It keeps the files of the site, so that the page works without a network, and adds
// the headers of cross-origin isolation where the host sends none. It is built as one classic script; see plugin.ts.
export {}

/** The files of the site, the smallest first; those that show the page; and what tells this build from others. */
declare const SITE_FILES: readonly string[]
declare const SITE_FIRST: readonly string[]
declare const SITE_VERSION: string

declare const self: ServiceWorkerGlobalScope

/** Where this site is: one host may have several. */
const { scope } = self.registration
const prefix = `resfn page ${scope} `
const name = prefix + SITE_VERSION

const urlOf = (file: string): string => new URL(file, scope).href
const index = urlOf('index.html')
const known = new Set(SITE_FILES.map(urlOf))

// The name of a file is enough: hosts send `Vary` for headers that do not change it.
const byName: CacheQueryOptions = { ignoreVary: true }

/** How long a slow network may take before the page is shown as it was kept, in milliseconds. */
const patience = 4000

const isolation = [
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-embedder-policy', 'require-corp'],
] as const

/** The same answer, with the headers of cross-origin isolation where the host sent none. */
const isolated = (response: Response): Response => {
  // A redirection, which the browser follows itself.
  if (response.status === 0) return response
  const headers = new Headers(response.headers)
  for (const [header, value] of isolation) if (!headers.has(header)) headers.set(header, value)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}

/**
 * Puts a file into the cache: from the cache of another build, where the name says that it is the same, or the host.
 */
const keep = async (cache: Cache, url: string): Promise<void> => {
  if ((await cache.match(url, byName)) !== undefined) return
  const had = url === index ? undefined : await caches.match(url, byName)
  const response = had ?? (await fetch(url, url === index ? { cache: 'no-cache' } : {}))
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  await cache.put(url, response)
}

/** Puts files into the cache, one after another, so that the page goes first. */
const keepAll = async (files: readonly string[]): Promise<void> => {
  const cache = await caches.open(name)
  for (const file of files) await keep(cache, urlOf(file))
}

const others = async (): Promise<readonly string[]> =>
  (await caches.keys()).filter((key) => key.startsWith(prefix) && key !== name)

/**
 * The first build takes what shows the page, so that it is soon there. A later one takes all before it replaces the one
 * that works. It waits until no page of that one is open, as those may still load its files.
 */
const install = async (): Promise<void> => keepAll((await others()).length === 0 ? SITE_FIRST : SITE_FILES)

const activate = async (): Promise<void> => {
  await Promise.all((await others()).map((key) => caches.delete(key)))
  await self.clients.claim()
}

const tooLate = (): Promise<never> =>
  new Promise((_, reject) => setTimeout(() => reject(new Error(`no answer in ${patience} ms`)), patience))

/** The newest page; where the host does not answer, the one that was kept, which fits the other files in the cache. */
const page = async (request: Request): Promise<Response> => {
  try {
    return isolated(await Promise.race([fetch(request), tooLate()]))
  } catch (error) {
    const kept = await (await caches.open(name)).match(index, byName)
    if (kept === undefined) throw error
    return isolated(kept)
  }
}

/** A file, from the cache if it is there; it is kept once it was fetched. */
const file = async (event: FetchEvent, url: string): Promise<Response> => {
  const cache = await caches.open(name)
  const kept = await cache.match(url, byName)
  if (kept !== undefined) return isolated(kept)
  const response = await fetch(event.request)
  // Without room for it, it is fetched again the next time.
  if (response.status === 200 && known.has(url))
    event.waitUntil(cache.put(url, response.clone()).catch(() => undefined))
  return isolated(response)
}

self.addEventListener('install', (event) => event.waitUntil(install()))
self.addEventListener('activate', (event) => event.waitUntil(activate()))
// The rest is kept when the page has nothing else to do.
self.addEventListener('message', (event) => event.waitUntil(keepAll(SITE_FILES).catch(() => undefined)))

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  const url = origin + pathname
  if (request.method !== 'GET' || !url.startsWith(scope)) return
  if (request.mode !== 'navigate') event.respondWith(file(event, url))
  else if (url === scope || url === index) event.respondWith(page(request))
})
