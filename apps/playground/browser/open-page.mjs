// @ts-check
// The built playground on a server of its own, in a browser that draws in software.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { findChromium } from '../../../scripts/chromium.mjs'
import { isolation, serve } from '../../../scripts/serve.mjs'

export const root = join(import.meta.dirname, '..', '..', '..')
/** Where the built page is. */
export const site = join(root, 'apps', 'playground', 'dist', 'site')
/** Where pictures of it go. */
export const pictures = join(root, '.cache', 'page')

// Chromium keeps WebGPU from software renderers unless told. The last flags keep it from calling home.
const args = [
  '--headless=new',
  '--no-sandbox',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  // On a busy machine a shader can take longer to compile than the watchdog waits.
  '--disable-gpu-watchdog',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

/**
 * A browser.
 *
 * @param {readonly string[]} more flags for it
 */
export const launch = (more = []) => {
  const executablePath = findChromium()
  if (executablePath === undefined)
    throw new Error('no Chromium was found; install Chromium or Chrome, or set CHROMIUM=/path/to/it')
  if (!existsSync(join(site, 'index.html'))) throw new Error(`${site} has no page; run \`pnpm build\``)
  return chromium.launch({ executablePath, args: [...args, ...more] })
}

/** Serves the page, isolated; gives back its URL and how to stop. */
export const serveSite = () => serve(site, isolation)

/**
 * Opens the page in a context of its own, with what goes wrong in it.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} url of the server
 * @param {{ path?: string, options?: import('playwright-core').BrowserContextOptions, files?: Record<string, string> }}
 * [settings] `files` lie beside the page: their paths by their names
 */
export const openPage = async (browser, url, { path = '/', options = {}, files = {} } = {}) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url })
  for (const [name, file] of Object.entries(files))
    await context.route(`${url}/${name}`, (route) => route.fulfill({ path: file }))
  const page = await context.newPage()
  /** @type {string[]} */
  const errors = []
  /** @type {string[]} */
  const outside = []
  page.on('pageerror', ({ message }) => errors.push(message))
  // Chromium warns of itself where a page asks for WebGPU and there is none.
  const isWrong = (/** @type {import('playwright-core').ConsoleMessage} */ message) =>
    ['error', 'warning'].includes(message.type()) && message.text() !== 'No available adapters.'
  page.on('console', (message) => isWrong(message) && errors.push(message.text()))
  context.on('request', (request) => {
    if (/^(https?|wss?):/.test(request.url()) && !request.url().startsWith(url)) outside.push(request.url())
  })
  await page.goto(`${url}${path}`)
  await page.waitForSelector('main h2')
  return { page, errors, outside, close: () => context.close() }
}
