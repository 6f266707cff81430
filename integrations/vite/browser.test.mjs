// @ts-check
// The proof of portability: a run that began in Node goes on in a browser, on each backend, with the numbers that Node
// gets.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { createServer, parseSync } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium } from '../../scripts/chromium.mjs'
import { makeApp } from './app.mjs'
import { isolation, serve } from '../../scripts/serve.mjs'

const root = join(import.meta.dirname, '..', '..')
const pictures = join(root, '.cache', 'browser')

const executablePath = findChromium()
if (executablePath === undefined)
  throw new Error('no Chromium was found; install Chromium or Chrome, or set CHROMIUM=/path/to/it')

// No GPU is asked for: WebGL falls back to the software renderer that Chromium carries. The last flags keep it from
// calling home.
const args = [
  '--headless=new',
  '--no-sandbox',
  '--enable-unsafe-swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

// Chromium keeps WebGPU from software renderers unless told.
const withWebgpu = [...args, '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']

let app
let browser
beforeAll(async () => {
  mkdirSync(pictures, { recursive: true })
  ;[app, browser] = await Promise.all([makeApp(), chromium.launch({ executablePath, args })])
})
afterAll(async () => {
  await browser?.close()
  app?.remove()
})

/**
 * Opens the page on a backend and waits until it is through; gives back its result and all that went wrong on the way.
 */
const visit = async (
  backend,
  {
    headers = {},
    query = '',
    picture = backend,
    site = () => serve(join(app.folder, 'dist'), headers),
    from = browser,
    after = async (_page) => ({}),
  } = {},
) => {
  const { url, stop } = await site()
  const page = await from.newPage({ viewport: { width: 900, height: 1250 } })
  const errors = []
  const outside = []
  page.on('pageerror', ({ message }) => errors.push(message))
  // Chromium warns of itself where a page asks for WebGPU and there is none.
  const wrong = (message) =>
    ['error', 'warning'].includes(message.type()) && message.text() !== 'No available adapters.'
  page.on('console', (message) => wrong(message) && errors.push(message.text()))
  page.on(
    'request',
    (request) => /^(https?|wss?):/.test(request.url()) && !request.url().startsWith(url) && outside.push(request.url()),
  )
  try {
    await page.goto(`${url}/?backend=${backend}${query}`)
    const body = await page
      .waitForSelector('body[data-result]', { timeout: 240_000, state: 'attached' })
      .catch(async (error) => {
        throw new Error(
          `the page did not come to an end on ${backend}: ${await page.locator('#progress').textContent()}; ${errors.join('; ')}; ${error.message}`,
        )
      })
    await page.screenshot({ path: join(pictures, `${picture}.png`), fullPage: true })
    return {
      ...JSON.parse(await body.getAttribute('data-result')),
      ...(await after(page)),
      errors,
      outside,
      shown: await page.locator('#backend').textContent(),
    }
  } finally {
    await page.close()
    await stop()
  }
}

const expected = () => JSON.parse(readFileSync(join(app.folder, 'public', 'expected.json'), 'utf8'))
const differences = (a, b) => a.flat().map((value, i) => Math.abs(value - b.flat()[i]))

/** What must hold on every backend. */
const expectSameRun = (result, backend, steps = 10) => {
  expect(result).toMatchObject({ backend, errors: [], outside: [] })
  const node = expected()
  expect(result.logits.flat()).toHaveLength(20 * 10)
  expect(Math.max(...differences(result.logits, node.logits))).toBeLessThan(1e-4)
  // Ten steps let rounding grow, but the curve is the same curve.
  expect(result.losses).toHaveLength(steps)
  expect(result.losses.at(-1)).toBeLessThan(result.losses[0])
  expect(Math.max(...differences(result.losses, node.losses))).toBeLessThan(1e-2)
  // After the second step nothing is left behind.
  expect(new Set(result.tensors.slice(1)).size).toBe(1)
}

describe('the page as built', () => {
  const assets = () =>
    readdirSync(join(app.folder, 'dist', 'assets')).map((name) => ({
      name,
      bytes: readFileSync(join(app.folder, 'dist', 'assets', name)),
    }))

  it('has the right types against the packed packages', () => {
    execFileSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', app.folder], {
      encoding: 'utf8',
    })
  })

  it('has no module of Node in it, and no warning on the way', () => {
    expect(app.built).not.toMatch(/warn|externalized|could not/i)
    const scripts = assets().filter(({ name }) => name.endsWith('.js'))
    expect(scripts.length).toBeGreaterThan(0)
    for (const { name, bytes } of scripts) {
      const { module } = parseSync(name, bytes.toString())
      const imports = [
        ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
        ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => bytes.toString().slice(start, end)),
      ]
      expect(
        imports.filter((specifier) => !/^["'`]?\.\//.test(specifier)),
        name,
      ).toEqual([])
      expect(bytes.includes('browser-external'), `${name} has a module that Vite replaced by nothing`).toBe(false)
      // `process.getBuiltinModule` is asked only where there is a process; it is no import.
      expect(bytes.toString().match(/(?<!getBuiltinModule\()["'`]node:[\w/]+["'`]/g) ?? [], name).toEqual([])
    }
  })

  it('has the images as files of their own, and no file of the WASM backend to be served', () => {
    const names = assets().map(({ name }) => name.replace(/-[\w-]{8}\./, '.'))
    expect(names).toEqual(expect.arrayContaining(['train-images-idx3-ubyte.gz', 't10k-images-idx3-ubyte.gz']))
    expect(names.filter((name) => name.endsWith('.wasm'))).toEqual([])
  })

  it('loads a backend only where it is used: the first script is small', () => {
    const entry =
      /src="\/(assets\/[^"]+\.js)"/.exec(readFileSync(join(app.folder, 'dist', 'index.html'), 'utf8'))?.[1] ?? ''
    const sizes = assets()
      .filter(({ name }) => name.endsWith('.js'))
      .map(({ name, bytes }) => ({ name, bytes: bytes.length, gzip: gzipSync(bytes).length }))
    console.log(
      sizes
        .map(({ name, bytes, gzip }) => `${name}: ${(bytes / 1000).toFixed(0)} kB, gzip ${(gzip / 1000).toFixed(0)} kB`)
        .join('\n'),
    )
    expect(statSync(join(app.folder, 'dist', entry)).size).toBeLessThan(212_000)
  })
})

describe('the page in the browser', () => {
  it('goes on with the run on WebGL', async () => {
    const result = await visit('webgl')
    console.log(`webgl: ${result.details}`)
    expectSameRun(result, 'webgl')
    // The renderer's own name: nothing else answers as WebGL.
    expect(result.details).toMatch(/ANGLE|SwiftShader|Mesa|NVIDIA|AMD|Intel|Apple/i)
    expect(result.warmedUp.programs).toBeGreaterThan(10)
    expect(result.shown).toContain('webgl')
  })

  it('goes on with the run on WASM, with the kernels of resfn', async () => {
    const result = await visit('wasm')
    console.log(`wasm: ${result.details}`)
    expectSameRun(result, 'wasm')
    expect(result).toMatchObject({
      isolated: false,
      details: expect.stringMatching(/^1 thread, (relaxed )?SIMD, \d+ kernels of resfn$/),
    })
  })

  it('gives the run back to Node, which goes on as if it had never left', async () => {
    const saved = join(app.folder, 'saved.safetensors')
    const result = await visit('wasm', {
      query: '&steps=4',
      after: async (page) => {
        const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')])
        await download.saveAs(saved)
        return { name: download.suggestedFilename() }
      },
    })
    expectSameRun(result, 'wasm', 4)
    expect(result.name).toBe('checkpoint.safetensors')
    const printed = execFileSync(process.execPath, [join(app.folder, 'scripts', 'go-on.mjs'), saved, '6'], {
      cwd: app.folder,
      encoding: 'utf8',
    })
    const back = JSON.parse(printed)
    expect(back.to - back.from).toBe(6)
    const losses = [...result.losses, ...back.losses]
    const largest = Math.max(...differences(losses, expected().losses))
    console.log(`there and back: ${largest.toExponential(1)} from the losses of the unbroken run`)
    expect(losses).toHaveLength(10)
    expect(largest).toBeLessThan(1e-4)
  })

  it('goes on with the run on WASM where the page is cross-origin isolated and memory is shared', async () => {
    const result = await visit('wasm', { headers: isolation, picture: 'wasm-isolated' })
    console.log(`wasm, isolated: ${result.details}`)
    expectSameRun(result, 'wasm')
    expect(result).toMatchObject({
      isolated: true,
      details: expect.stringMatching(/thread.*SIMD, \d+ kernels of resfn$/),
    })
  })

  it('chooses a backend by itself, and says why the faster ones are not used', async () => {
    const result = await visit('auto')
    console.log(
      `auto: ${result.backend}, ${result.details}; ${result.tried.map(({ backend, reason }) => `${backend}: ${reason}`).join('; ')}`,
    )
    expectSameRun(result, result.backend)
    // On a machine with a GPU that is WebGL; where WebGL is drawn in software, it is WASM, and the reason is kept.
    expect(result.backend).toBe(result.tried.some(({ backend }) => backend === 'webgl') ? 'wasm' : 'webgl')
  })

  it('goes on with the run on WebGPU', async () => {
    const from = await chromium.launch({ executablePath, args: withWebgpu })
    try {
      // In software it is the slowest of all, so three steps have to do.
      const result = await visit('webgpu', { query: '&steps=3', from })
      console.log(`webgpu: ${result.details}`)
      expect(result.details).toMatch(/swiftshader \(software\), \d+ kernels of resfn$/)
      expectSameRun(result, 'webgpu', 3)
      expect(result.warmedUp.programs).toBeGreaterThan(10)
    } finally {
      await from.close()
    }
  })

  it('goes on with the run on WASM where `vite dev` serves the sources', async () => {
    const site = async () => {
      const server = await createServer({
        root: app.folder,
        logLevel: 'error',
        server: { host: '127.0.0.1', port: 5180, strictPort: false, hmr: false },
      })
      await server.listen()
      return { url: (server.resolvedUrls?.local[0] ?? '').replace(/\/$/, ''), stop: () => server.close() }
    }
    expectSameRun(await visit('wasm', { site, picture: 'wasm-dev' }), 'wasm')
  })

  it('says what is wrong when a backend does not work', async () => {
    const [missing, unknown] = [
      await visit('webgpu', { picture: 'webgpu-missing' }),
      await visit('gpu', { picture: 'unknown' }),
    ]
    expect(missing.error).toMatch(/^no backend works here; tried:\n {2}webgpu: .+\nask for auto/)
    expect(missing.shown).toBe(missing.error)
    expect(unknown.error).toMatch(/^there is no backend "gpu"; those known are native, webgl, webgpu, wasm, cpu/)
  })
})
