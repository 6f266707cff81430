// @ts-check
// `node browser.mjs [--net …] [--backend …] [--batch 32] [--seconds 8] [--profile]`: steps of training in headless
// Chromium on the renderers that it has in software, with our kernels and with those of tfjs in turns. CHROMIUM is the
// path of the program.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { build, defaultClientConditions, preview } from 'vite'

const { values } = parseArgs({
  options: {
    net: { type: 'string', default: 'cifar-resnet8,cifar-resnet20' },
    backend: { type: 'string', default: 'webgl,webgpu' },
    batch: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '8' },
    profile: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

const folder = mkdtempSync(join(tmpdir(), 'resfn-bench-'))
const root = join(import.meta.dirname, 'browser')
await build({
  root,
  configFile: false,
  logLevel: 'warn',
  resolve: { conditions: ['@resfn/source', ...defaultClientConditions] },
  build: { outDir: folder, emptyOutDir: true, target: 'es2022', minify: false, chunkSizeWarningLimit: 20_000 },
})
const site = await preview({
  root,
  configFile: false,
  logLevel: 'warn',
  build: { outDir: folder },
  preview: { host: '127.0.0.1' },
})
const url = site.resolvedUrls?.local[0] ?? ''
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless=new',
    '--no-sandbox',
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-features=Vulkan',
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--disable-gpu-watchdog',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
})
console.log(`Chromium ${browser.version()}, ${cpus()[0]?.model}, ${cpus().length} cores`)
try {
  for (const backend of values.backend.split(','))
    for (const net of values.net.split(',')) {
      const page = await browser.newPage()
      page.on('pageerror', ({ message }) => console.error(message))
      const query = new URLSearchParams({ backend, net, batch: values.batch, seconds: values.seconds })
      if (values.profile) query.set('profile', '')
      await page.goto(`${url}?${query}`)
      const body = await page.waitForSelector('body[data-result]', { timeout: 600_000, state: 'attached' })
      const result = JSON.parse((await body.getAttribute('data-result')) ?? '{}')
      await page.close()
      if (values.json) console.log(JSON.stringify(result))
      else if (result.error !== undefined) console.log(`${backend} ${net}: ${result.error}`)
      else {
        console.log(`${backend} (${result.name}), ${net}, batch ${result.batch}: ${result.ratio.toFixed(2)} times tfjs`)
        for (const { which, medianMs, leastMs, mostMs, enqueueMs, steps, firstMs, losses, profile } of result.rows) {
          console.log(
            `  ${which}: ${medianMs.toFixed(0)} ms a step (${leastMs.toFixed(0)} to ${mostMs.toFixed(0)}, ${steps} steps; ${enqueueMs.toFixed(0)} to enqueue), first step ${(firstMs / 1000).toFixed(1)} s, loss ${losses.map((loss) => loss.toFixed(4)).join(' to ')}`,
          )
          for (const { name, ms, count } of profile?.kernels.slice(0, 20) ?? [])
            console.log(`    ${ms.toFixed(1)} ms ${count}x ${name}`)
        }
      }
    }
} finally {
  await browser.close()
  await site.close()
  rmSync(folder, { recursive: true, force: true })
}
