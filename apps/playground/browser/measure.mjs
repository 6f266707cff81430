// @ts-check
// `node apps/playground/browser/measure.mjs [seconds]`: how smooth the page is while it trains ResNet-8 beside its
// plain counterpart on WASM: frames, and tasks of its main thread over 50 ms, which are what browsers call long.
import { launch, openPage, serveSite } from './open-page.mjs'

const seconds = Number(process.argv[2] ?? 20)
const [browser, server] = await Promise.all([launch(), serveSite()])
try {
  const { page } = await openPage(browser, server.url, { path: '/#/train' })
  await page.getByLabel('Backend').selectOption('wasm')
  await page.getByLabel('Epochs', { exact: true }).fill('50')
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.waitForFunction(
    () => Number(document.querySelector('tr[data-track="1"] [data-of="step"]')?.textContent) >= 12,
    undefined,
    { timeout: 120_000 },
  )
  const { frames, long, steps } = await page.evaluate(async (time) => {
    /** @type {number[]} */
    const frames = []
    /** @type {number[]} */
    const long = []
    const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)))
    observer.observe({ type: 'longtask' })
    const step = () => Number(document.querySelector('tr[data-track="0"] [data-of="step"]')?.textContent)
    const first = step()
    const end = performance.now() + 1000 * time
    let last = performance.now()
    while (last < end) {
      const now = await new Promise((resolve) => requestAnimationFrame(resolve))
      frames.push(now - last)
      last = now
    }
    return { frames, long, steps: step() - first }
  }, seconds)
  const sorted = frames.toSorted((a, b) => a - b)
  const at = (/** @type {number} */ share) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(1)
  console.log(
    `${(frames.length / seconds).toFixed(1)} frames a second (median ${at(0.5)} ms, 99 % within ${at(0.99)} ms, longest ${at(1)} ms)`,
  )
  console.log(
    `${long.length} long tasks, ${long.filter((duration) => duration > 100).length} of them over 100 ms, longest ${Math.max(0, ...long).toFixed(0)} ms; ${steps} steps of each net`,
  )
} finally {
  await browser.close()
  await server.stop()
}
