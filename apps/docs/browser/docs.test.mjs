// @ts-check
// The built site below another path of a host: search, pages, accessibility, narrow windows, both themes.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium } from '../../../scripts/chromium.mjs'
import { root } from '../../../scripts/run.mjs'
import { serve } from '../../../scripts/serve.mjs'

const pictures = join(root, '.cache', 'docs')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser
let server
/** The site is a folder of the host. */
let site
beforeAll(async () => {
  const executablePath = findChromium()
  if (executablePath === undefined)
    throw new Error('no Chromium was found; install Chromium or Chrome, or set CHROMIUM=/path/to/it')
  const dist = join(root, 'apps', 'docs', 'dist')
  if (!existsSync(join(dist, 'site', 'docs', 'index.html'))) throw new Error(`${dist} has no site; run \`pnpm site\``)
  mkdirSync(pictures, { recursive: true })
  server = await serve(dist)
  site = `${server.url}/site`
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking'] })
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

const open = async (path, { width = 1440, colorScheme = 'light' } = {}) => {
  const context = await browser.newContext({ viewport: { width, height: 1000 }, colorScheme })
  const page = await context.newPage()
  const wrong = []
  page.on('pageerror', ({ message }) => wrong.push(message))
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && wrong.push(message.text()))
  page.on('response', (response) => response.status() >= 400 && wrong.push(`${response.status()} ${response.url()}`))
  context.on('request', (request) => {
    if (/^(https?|wss?):/.test(request.url()) && !request.url().startsWith(`${site}/`)) wrong.push(request.url())
  })
  await page.goto(`${site}/docs/${path}`)
  await page.locator('h1').first().waitFor()
  return { page, wrong, close: () => context.close() }
}

const serious = async (page) => {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => globalThis['axe'].run())
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .map(({ target }) => target.join(' '))
          .slice(0, 5)
          .join(', ')}`,
    )
}

const pages = {
  home: 'index.html',
  guide: 'guides/getting-started.html',
  package: 'packages/identity-add.html',
  function: 'packages/identity-add/identityAdd.html',
  parity: 'parity.html',
}

describe('the documentation', () => {
  it('finds a function by its name, and a package by the words of its README', async () => {
    const { page, wrong, close } = await open(pages.home)
    const first = async (words) => {
      await page.locator('#tsd-search-trigger').click()
      await page.locator('#tsd-search-input').fill(words)
      await page.locator('#tsd-search-results a').first().waitFor()
      const links = await page.locator('#tsd-search-results a').allTextContents()
      await page.locator('#tsd-search-results a').first().click()
      await page.locator('h1').first().waitFor()
      return { links, title: await page.locator('h1').first().textContent() }
    }
    expect((await first('identityAdd')).title).toContain('identityAdd')
    expect((await first('telescoping')).links.join(' ')).toContain('@resfn/identity-add')
    expect(wrong).toEqual([])
    await close()
  })

  it('leads from the guides to packages, functions and the page', async () => {
    const { page, wrong, close } = await open(pages.home)
    const menu = page.locator('.site-menu')
    await menu.getByText('guides', { exact: true }).click()
    await menu.getByRole('link', { name: 'Getting started' }).click()
    expect(await page.locator('h1').first().textContent()).toContain('Getting started')
    await menu.getByText('ops', { exact: true }).click()
    await menu.getByRole('link', { name: 'identity-add' }).click()
    await page.getByRole('heading', { name: 'When to use it' }).waitFor()
    await page.locator('.tsd-member-summary-name a', { hasText: /^applyIdentityAdd$/ }).click()
    await page.getByRole('heading', { name: 'Example' }).waitFor()
    await page.getByRole('link', { name: 'Playground' }).first().click()
    await page.waitForSelector('main h2')
    expect(page.url().replace(/#.*/, '')).toBe(`${site}/`)
    await page.getByRole('link', { name: 'Documentation' }).click()
    await page.getByRole('heading', { name: 'What it reads like' }).waitFor()
    expect(wrong).toEqual([])
    await close()
  })

  it.each([
    [1440, 'dark', ['home', 'guide', 'package', 'function']],
    [390, 'light', ['package', 'function']],
  ])('is whole and accessible at %i pixels, %s', async (width, colorScheme, examined) => {
    const seen = []
    for (const [name, path] of Object.entries(pages)) {
      const { page, wrong, close } = await open(path, { width, colorScheme })
      await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`) })
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      seen.push({ name, overflow, serious: examined.includes(name) ? await serious(page) : [], wrong })
      await close()
    }
    expect(seen).toEqual(Object.keys(pages).map((name) => ({ name, overflow: 0, serious: [], wrong: [] })))
  })

  it('is named by the page, in a narrow window too', async () => {
    const { page, wrong, close } = await open('../', { width: 390 })
    await page.getByRole('link', { name: 'Documentation' }).waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
    expect(wrong).toEqual([])
    await close()
  })

  it('shows pictures in the theme that is chosen', async () => {
    const { page, close } = await open(pages.package)
    const shown = () => page.locator('picture img').evaluate((image) => image.currentSrc.replace(/.*\//, ''))
    expect(await shown()).toBe('identity-add-light.svg')
    await page.getByText('Settings', { exact: true }).click()
    await page.locator('#tsd-theme').selectOption('dark')
    await page.waitForFunction(() => document.querySelector('picture img')?.['currentSrc'].includes('dark'))
    expect(await shown()).toBe('identity-add-dark.svg')
    await close()
  })
})
