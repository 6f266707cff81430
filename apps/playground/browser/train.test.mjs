// @ts-check
// Training in the page: on every backend of the browser, across backends, a reload, and into a file.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeCheckpoint } from '@resfn/checkpoint'
import { either as E } from 'fp-ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, openPage, pictures, serveSite } from './open-page.mjs'

let browser
let server
beforeAll(async () => {
  mkdirSync(pictures, { recursive: true })
  ;[browser, server] = await Promise.all([launch(), serveSite()])
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

/** A net so small that software renderers train it, and few images. */
const tiny = '/#/train?blocks=1-1&width=4'

const openTraining = async (backend, { images = 200, epochs = 4, batch = 20, path = tiny } = {}) => {
  const opened = await openPage(browser, server.url, { path })
  const { page } = opened
  await page.getByLabel('Backend').selectOption(backend)
  for (const [label, value] of Object.entries({ 'Training images': images, Epochs: epochs, Batch: batch }))
    await page.getByLabel(label, { exact: true }).fill(`${value}`)
  return opened
}

const cell = async (page, of, track = 0) =>
  Number(await page.locator(`tr[data-track="${track}"] [data-of="${of}"]`).textContent())

/** Waits until a track has done so many steps. */
const reached = (page, step, track = 0) =>
  page.waitForFunction(
    ([wanted, of]) =>
      Number(document.querySelector(`tr[data-track="${of}"] [data-of="step"]`)?.textContent) >= wanted ||
      document.querySelector('.problem') !== null,
    [step, track],
    { timeout: 200_000 },
  )

const expectPhase = (page, name) => page.locator('.phase', { hasText: name }).waitFor({ timeout: 200_000 })

describe('training in the page', () => {
  it('trains a net beside its plain counterpart on WASM until the losses fall, and shows what they learn', async () => {
    const { page, errors, outside, close } = await openTraining('wasm')
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await reached(page, 1, 1)
    const first = await Promise.all([0, 1].map((track) => cell(page, 'loss', track)))
    await expectPhase(page, 'Finished')
    expect(await page.locator('#running').textContent()).toMatch(/^wasm: \d threads?, .*kernels of resfn$/)
    expect([await cell(page, 'step', 0), await cell(page, 'step', 1)]).toEqual([40, 40])
    expect(await cell(page, 'loss', 0)).toBeLessThan(first[0])
    expect(await cell(page, 'loss', 1)).toBeLessThan(first[1])
    // What was judged: 500 images, ten classes.
    const counts = (await page.locator('.confusion tbody td').allTextContents()).map(Number)
    expect(counts).toHaveLength(100)
    expect(counts.reduce((sum, count) => sum + count)).toBe(500)
    await page.locator('.mistakes canvas').first().waitFor()
    await page.locator('.layer h4', { hasText: 'layer2.0' }).waitFor()
    await page.screenshot({ path: join(pictures, 'train-1440-light.png'), fullPage: true })
    expect([errors, outside]).toEqual([[], []])
    await close()
  })

  it.each(['webgl', 'webgpu', 'cpu'])('trains on %s, and goes on on WASM in the middle of a run', async (backend) => {
    const { page, errors, close } = await openTraining(backend, {
      images: 100,
      epochs: 30,
      path: '/#/train?blocks=1&width=4',
    })
    await page.getByRole('switch').uncheck()
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await reached(page, 2)
    expect(await page.locator('#running').textContent()).toContain(`${backend}: `)
    const [step, loss] = [await cell(page, 'step'), await cell(page, 'loss')]
    await page.getByLabel('Backend').selectOption('wasm')
    await page.locator('#running', { hasText: 'wasm: ' }).waitFor({ timeout: 200_000 })
    await reached(page, step + 60)
    expect(await page.locator('.problem').count()).toBe(0)
    expect(await cell(page, 'loss')).toBeLessThan(loss)
    expect(errors).toEqual([])
    await close()
  })

  it('pauses, survives a reload, goes on, and gives a checkpoint that Node reads', async () => {
    const { page, errors, close } = await openTraining('wasm', { epochs: 20 })
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await reached(page, 12, 1)
    await page.getByRole('button', { name: 'Pause' }).click()
    await expectPhase(page, 'Paused')
    const step = await cell(page, 'step')
    await page.reload()
    await expectPhase(page, 'Paused')
    expect(await cell(page, 'step')).toBe(step)
    await page.getByLabel('Backend').selectOption('wasm')
    await page.getByRole('button', { name: 'Go on' }).click()
    await reached(page, step + 5)
    await page.getByRole('button', { name: 'Pause' }).click()
    await expectPhase(page, 'Paused')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save a checkpoint: residual' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('residual.safetensors')
    const read = decodeCheckpoint(new Uint8Array(readFileSync(await download.path())))
    expect(E.isRight(read) && read.right.progress?.step).toBe(await cell(page, 'step'))
    expect(E.isRight(read) && read.right.description.net).toMatchObject({ input: [28, 28, 1], options: { width: 4 } })
    expect(errors).toEqual([])
    await close()
  })

  it('goes on on another backend where the process of the GPU dies', async () => {
    const own = await launch()
    const { page, errors, close } = await openPage(own, server.url, { path: '/#/train?blocks=1&width=4' })
    await page.getByLabel('Backend').selectOption('webgl')
    for (const [label, value] of Object.entries({ 'Training images': 100, Epochs: 30, Batch: 20 }))
      await page.getByLabel(label, { exact: true }).fill(`${value}`)
    await page.getByRole('switch').uncheck()
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await reached(page, 12)
    const before = await cell(page, 'step')
    const protocol = await own.newBrowserCDPSession()
    // It does not answer: the process that would is gone.
    void protocol.send('Browser.crashGpuProcess').catch(() => undefined)
    await page.getByText('The graphics device was lost').waitFor({ timeout: 120_000 })
    await page.locator('#running', { hasText: /^wasm: / }).waitFor({ timeout: 120_000 })
    await reached(page, before + 20)
    expect(await page.locator('.problem').count()).toBe(0)
    // Of the loss itself, browsers and tfjs write to the console what they like.
    expect(errors.filter((message) => !/context|lost|gpu|webgl/i.test(message))).toEqual([])
    await close()
    await own.close()
  })

  it('says what is wrong where a backend does not work, and where a net cannot be trained', async () => {
    const { page, close } = await openPage(browser, server.url, { path: '/#/train?net=resnet5O' })
    await page.getByLabel('Backend').selectOption('wasm')
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await expectPhase(page, 'Training stopped')
    expect(await page.getByRole('alert').textContent()).toMatch(/there is no net "resnet5O"; did you mean resnet50/)
    await close()
  })
})
