// @ts-check
// The corpus in Chromium, on each of its backends. No GPU is asked for: WebGL and WebGPU run on the software renderer
// that Chromium carries.
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve, isolation } from '../../scripts/serve.mjs'
import { findChromium } from '../../scripts/chromium.mjs'
import { bundlePage, page as folder } from '../../internal/kernel-corpus/scripts/bundle.mjs'

const executablePath = findChromium()
if (executablePath === undefined)
  throw new Error('no Chromium was found; install Chromium or Chrome, or set CHROMIUM=/path/to/it')

const args = [
  '--headless=new',
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  // On a busy machine a software renderer takes longer than a GPU would.
  '--disable-gpu-watchdog',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

let browser
let site
beforeAll(async () => {
  await bundlePage()
  site = await serve(folder, isolation)
  browser = await chromium.launch({ executablePath, args })
})
afterAll(async () => {
  await browser?.close()
  await site?.stop()
})

/** What a new page reports. */
const report = async (query) => {
  const page = await browser.newPage()
  try {
    await page.goto(`${site.url}/?${query}`)
    const body = await page.waitForSelector('body[data-report]', { timeout: 1_500_000, state: 'attached' })
    return JSON.parse(await body.getAttribute('data-report'))
  } finally {
    await page.close()
  }
}

/** Runs the corpus, or some of its topics. */
const check = (target, topics = []) =>
  report(new URLSearchParams([['target', target], ...topics.map((topic) => ['topic', topic])]))

// A software renderer takes up to a second to compile a shader, and there is one for each shape: all topics take a
// quarter of an hour on WebGL. CORPUS=all runs them, and the kernels of tfjs alone, which nobody starts.
const all = process.env.CORPUS === 'all'
const some = ['nothing and one', 'special values', 'matrix products', 'reductions', 'optimisers', 'memory', 'curves']
const chosen = { 'webgl-resfn': [...some, 'normalisation', 'pools'], 'webgpu-resfn': some }
const topicsOf = (target) => (all ? [] : (chosen[target] ?? []))

describe.each([
  ['wasm-1', 'wasm', /1 thread, relaxed/],
  ['wasm-2', 'wasm', /2 threads, relaxed/],
  ['webgl-resfn', 'webgl', /SwiftShader.*kernels of resfn/],
  ['webgpu-resfn', 'webgpu', /swiftshader.*kernels of resfn/i],
  ...(all
    ? /** @type {[string, string, RegExp][]} */ ([
        ['webgl', 'webgl', /SwiftShader/],
        ['webgpu', 'webgpu', /swiftshader/i],
      ])
    : []),
])('the corpus in Chromium on %s', (target, backend, details) => {
  it('agrees with plain JavaScript', { timeout: 1_800_000 }, async () => {
    const topics = topicsOf(target)
    const report = await check(target, topics)
    for (const { name, reason } of report.excluded ?? []) console.info(`excluded on ${target}: ${name} (${reason})`)
    expect(report).toMatchObject({ backend, details: expect.stringMatching(details), failed: [] })
    expect(report.passed).toBeGreaterThan(topics.length === 0 ? 300 : 20)
    expect(report.excluded.filter(({ passes }) => passes)).toEqual([])
  })
})

it('goes on elsewhere where Chromium takes the context of WebGL away in training', { timeout: 300_000 }, async () => {
  const { lost, thrown, kernel, promised, difference, error } = await report('lose')
  expect(error).toBeUndefined()
  const message = 'the context of WebGL is lost; its tensors are gone, so go on from the last checkpoint'
  expect(lost).toEqual({ step: 4, tag: 'DeviceLost', message })
  expect({ thrown, kernel, promised }).toEqual({ thrown: message, kernel: message, promised: message })
  expect(difference).toBeLessThan(1e-3)
})
