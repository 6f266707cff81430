// @ts-check
// The built page on a plain host: a server that sends no headers of cross-origin isolation, below a path of its own.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, preview } from 'vite'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { launch, site as built } from './open-page.mjs'

const folder = join(import.meta.dirname, '..')
const path = '/people/someone/resfn/'
/** A net so small that it trains in seconds. */
const tiny = '#/train?blocks=1-1&width=4'

/** What is served, which a new build replaces. */
const site = mkdtempSync(join(tmpdir(), 'resfn-page-'))

let port
let server
const start = async () => {
  server = await preview({
    configFile: false,
    root: site,
    base: path,
    appType: 'mpa',
    logLevel: 'error',
    build: { outDir: '.' },
    preview: { host: '127.0.0.1', port: port ?? 4180, strictPort: port !== undefined },
  })
  port = /** @type {import('node:net').AddressInfo} */ (server.httpServer.address()).port
}
const address = (rest = '') => `http://127.0.0.1:${port}${path}${rest}`

let browser
/** @type {import('playwright-core').BrowserContext} */
let context
/** All that was asked for, by pages, workers and the service worker. */
const asked = []

beforeAll(async () => {
  if (!existsSync(join(built, 'service-worker.js'))) throw new Error(`${built} is not built; run \`pnpm build\``)
  cpSync(built, site, { recursive: true })
  await start()
  browser = await launch()
  context = await browser.newContext()
  context.on('request', (request) => asked.push(request.url()))
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
  rmSync(site, { recursive: true, force: true })
})

/** Does something while the host does not answer. */
const withoutHost = async (work) => {
  await server.close()
  try {
    await work()
  } finally {
    await start()
  }
}

/** A new page on its way, and how often it was loaded. */
const open = async (rest = '', { within = context, prepare = async (_page) => {} } = {}) => {
  const page = await within.newPage()
  /** @type {string[]} */
  const errors = []
  const loads = { count: 0 }
  page.on('pageerror', ({ message }) => errors.push(message))
  // The event `load` does not come where a page is loaded again early.
  page.on('request', (request) => (loads.count += request.isNavigationRequest() ? 1 : 0))
  await prepare(page)
  await page.goto(address(rest))
  return { page, errors, loads }
}

/** The same, once it is there. Asking it for something counts as use, and a page that is used is not loaded again. */
const visit = async (rest = '') => {
  const opened = await open(rest)
  await opened.page.waitForSelector('main h2')
  return opened
}

/** Waits until a page was loaded twice, and would have been loaded a third time. */
const loadedTwice = async (page, loads) => {
  await expect.poll(() => loads.count, { timeout: 30_000 }).toBe(2)
  await page.waitForTimeout(2000)
  expect(loads.count).toBe(2)
}

const filesOf = (of) =>
  readdirSync(of, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'service-worker.js')
    .map((entry) => entry.name)

/** The names of the caches, and of all files in them. */
const kept = (page) =>
  page.evaluate(async () => {
    const names = await caches.keys()
    const urls = await Promise.all(
      names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)),
    )
    return { names, files: urls.flat().map((url) => url.split('/').at(-1)) }
  })

/** Waits until everything is kept that a build has. */
const keptAll = (page, of, { caches = 1 } = {}) =>
  expect
    .poll(
      async () => {
        const { names, files } = await kept(page)
        return { caches: names.length, missing: filesOf(of).filter((name) => !files.includes(name)) }
      },
      { timeout: 60_000 },
    )
    .toEqual({ caches, missing: [] })

const isIsolated = (page) => page.evaluate(() => crossOriginIsolated)

/** Trains on WASM for a step. */
const train = async (page) => {
  await page.getByLabel('Backend').selectOption('wasm')
  await page.getByLabel('Training images', { exact: true }).fill('100')
  await page.getByRole('button', { name: /^Start/ }).click()
  await page.waitForFunction(
    () => Number(document.querySelector('[data-track="0"] [data-of="step"]')?.textContent) >= 1,
    undefined,
    { timeout: 120_000 },
  )
  return page.locator('#running').textContent()
}

describe('the page on a plain host', () => {
  it('is loaded again once, and then has threads', async () => {
    const { page, errors, loads } = await open()
    await loadedTwice(page, loads)
    await page.waitForFunction(() => crossOriginIsolated)
    expect(errors).toEqual([])
    await keptAll(page, built)
    await page.close()
  })

  it('is isolated at once on the next visit', async () => {
    const { page, loads } = await visit()
    expect(await isIsolated(page)).toBe(true)
    await page.waitForTimeout(1000)
    expect(loads.count).toBe(1)
    await page.close()
  })

  it('works when the host is gone', () =>
    withoutHost(async () => {
      const { page, errors } = await visit()
      await page.reload()
      await page.getByRole('img', { name: /^Graph of/ }).waitFor()
      await page.goto(address(tiny))
      expect(await isIsolated(page)).toBe(true)
      expect(await train(page)).toMatch(/^wasm: \d+ threads?/)
      await page.getByRole('tab', { name: 'Lessons' }).click()
      await page.getByRole('button', { name: /^Nested functions/ }).click()
      await page.getByRole('button', { name: 'Run' }).click()
      await page.locator('[data-state="finished"]').waitFor({ timeout: 120_000 })
      expect(errors).toEqual([])
      await page.close()
    }))

  it('takes up a new build on the next visit, and removes the old one', async () => {
    rmSync(site, { recursive: true })
    // Here it says `test`, and the page would take itself for one that is developed.
    vi.stubEnv('NODE_ENV', 'production')
    await build({
      configFile: join(folder, 'vite.config.ts'),
      logLevel: 'error',
      build: { outDir: site, emptyOutDir: true },
      plugins: [
        {
          name: 'a-change',
          transform: (code, id) =>
            id.endsWith('/main.tsx') ? `${code}\ndocument.documentElement.dataset.build = 'second'` : null,
        },
      ],
    })
    vi.unstubAllEnvs()
    const isSecond = (page) => page.evaluate(() => document.documentElement.dataset.build === 'second')
    const first = await visit()
    expect([await isSecond(first.page), await isIsolated(first.page)]).toEqual([true, true])
    // It is kept beside the old one, which other tabs may show.
    await keptAll(first.page, site, { caches: 2 })
    await first.page.close()
    await withoutHost(async () => {
      // The browser lets the new one work soon after the last page of the old one is closed.
      const caches = async () => {
        const { page } = await visit()
        const { names } = await kept(page)
        await page.close()
        return names.length
      }
      await expect.poll(caches, { timeout: 60_000, interval: 2000 }).toBe(1)
      const { page, errors } = await visit(tiny)
      expect((await kept(page)).files.toSorted()).toEqual(filesOf(site).toSorted())
      expect(await isSecond(page)).toBe(true)
      await train(page)
      expect(errors).toEqual([])
      await page.close()
    })
  })

  it('asks no other host for anything', () => {
    expect(asked.length).toBeGreaterThan(20)
    expect(asked.filter((url) => /^\w+:\/\//.test(url) && !url.startsWith(address()))).toEqual([])
  })
})

describe('where there are no threads', () => {
  it.each([
    [
      'the browser has no service worker',
      1,
      (page) => page.addInitScript(() => void Reflect.deleteProperty(Navigator.prototype, 'serviceWorker')),
    ],
    [
      'the browser isolates no page',
      2,
      (page) =>
        page.addInitScript(() => void Object.defineProperty(globalThis, 'crossOriginIsolated', { value: false })),
    ],
  ])('because %s, the page works with one and says so, without a loop', async (_why, times, prepare) => {
    const within = await browser.newContext()
    const { page, errors, loads } = await open(tiny, { within, prepare })
    if (times === 2) await loadedTwice(page, loads)
    await page.getByText('One thread').waitFor()
    await page.waitForTimeout(1000)
    expect(loads.count).toBe(times)
    expect(errors).toEqual([])
    await within.close()
  })
})

describe('the first load', () => {
  it('has at most 250 KB', () => {
    const page = readFileSync(join(built, 'index.html'), 'utf8')
    const first = [...page.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, name]) => name)
    expect(first.filter((name) => /\.(js|css)$/.test(name)).length).toBeGreaterThan(1)
    const sizes = ['index.html', ...first].map((name) => gzipSync(readFileSync(join(built, name))).length)
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(250_000)
  })
})
