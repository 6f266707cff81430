// @ts-check
// Using nets in the page: its own, checkpoints that Node wrote, weights of PyTorch; drawn, dropped and chosen pictures.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createNet } from '@resfn/archs'
import { torchvisionKeys } from '@resfn/archs/resnet/keys'
import { encodeWeights } from '@resfn/checkpoint'
import { exportWeights } from '@resfn/export'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import { init } from '@resfn/layer'
import { key } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import * as tf from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, openPage, pictures, root, serveSite } from './open-page.mjs'

const folder = join(root, '.cache', 'page', 'files')

let browser
let server
beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  await useBackend('wasm', { threads: 1, report: () => undefined })
  ;[browser, server] = await Promise.all([launch(), serveSite()])
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

const value = (either) => {
  if (E.isLeft(either)) throw new Error(either.left.message)
  return either.right
}

/** Waits for the answer to come, and gives its probabilities. */
const probabilities = async (page) => {
  const list = page.locator('ol.top')
  await list.waitFor({ timeout: 120_000 })
  return JSON.parse(await list.getAttribute('data-probabilities'))
}

const openUse = async () => {
  const opened = await openPage(browser, server.url, { path: '/#/use' })
  await opened.page.getByLabel('Backend').selectOption('wasm')
  return opened
}

const openFile = async (page, name) => {
  await page.getByLabel('A file', { exact: true }).setInputFiles(join(folder, name))
  // The page begins to read a moment after the file was chosen.
  await page.waitForTimeout(100)
  await page.locator('#opened[aria-busy="false"]').waitFor()
}

const sample = (page, number) => page.getByRole('button', { name: `Image ${number}`, exact: true }).click()

describe('using a net in the page', () => {
  it('answers with its own net for images, drawings and pictures, and gives the net as a file', async () => {
    const { page, errors, outside, close } = await openUse()
    await sample(page, 3)
    expect(await probabilities(page)).toHaveLength(10)
    expect(await page.locator('ol.top li').first().textContent()).toMatch(/^Trouser (9\d|100)/)
    expect(await page.locator('#opened').textContent()).toBe('cifar-resnet20: [28,28,1], 10 classes')
    // Two legs, drawn.
    const before = JSON.stringify(await probabilities(page))
    const box = await page.locator('.sketch canvas').boundingBox()
    if (box === null) throw new Error('there is nothing to draw on')
    const to = (/** @type {number[]} */ [x, y], steps = 1) =>
      page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps })
    await to([0.35, 0.95])
    await page.mouse.down()
    for (const point of [
      [0.4, 0.1],
      [0.6, 0.1],
      [0.65, 0.95],
      [0.6, 0.95],
      [0.5, 0.3],
      [0.4, 0.95],
    ])
      await to(point, 4)
    await page.mouse.up()
    await page.waitForFunction(
      (old) => document.querySelector('ol.top')?.getAttribute('data-probabilities') !== old,
      before,
    )
    expect(await page.locator('ol.top li').first().textContent()).toMatch(/^Trouser/)
    await page.screenshot({ path: join(pictures, 'use-1440-light.png'), fullPage: true })
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save this net' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('cifar-resnet20.safetensors')
    await download.saveAs(join(folder, 'saved.safetensors'))
    await openFile(page, 'saved.safetensors')
    await sample(page, 3)
    expect(await page.locator('ol.top li').first().textContent()).toMatch(/^Trouser (9\d|100)/)
    expect([errors, outside]).toEqual([[], []])
    await close()
  })

  it('gives the probabilities of Node for a checkpoint that Node wrote, and for weights of PyTorch', async () => {
    const net = createNet('cifar-resnet8-b', { classes: 10, channels: 1 })
    const input = [28, 28, 1]
    const variables = init(net, key(7), input)
    const classes = Array.from({ length: 10 }, (_, i) => `thing ${i}`)
    const checkpoint = value(await encodeWeights(variables, { net: { name: 'cifar-resnet8-b', input, classes } })())
    writeFileSync(join(folder, 'node.safetensors'), checkpoint)
    const published = value(await exportWeights(net, variables, { input, keys: torchvisionKeys })())
    writeFileSync(join(folder, 'torch.safetensors'), published)
    const { test } = value(await loadFashionMnistSubset())
    const images = Float32Array.from(test.images.subarray(0, 784), (byte) => (byte / 255 - 0.286) / 0.353)
    const node = [
      ...tf.softmax(net.apply(variables.params, tf.tensor(images, [1, ...input]), variables.state)).dataSync(),
    ]

    const { page, errors, close } = await openUse()
    const same = async () => {
      const page_ = await probabilities(page)
      expect(Math.max(...page_.map((p, i) => Math.abs(p - node[i])))).toBeLessThan(1e-4)
    }
    await openFile(page, 'node.safetensors')
    await sample(page, 1)
    await same()
    expect(await page.locator('ol.top li').first().textContent()).toMatch(/^thing \d/)
    await page.getByLabel('Name of the net').fill('cifar-resnet8-b')
    await openFile(page, 'torch.safetensors')
    await page.locator('#opened', { hasText: 'cifar-resnet8-b: [32,32,1], 10 classes' }).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(errors).toEqual([])
    await close()

    const path = '/#/use?open=checkpoint.safetensors'
    const served = await openPage(browser, server.url, {
      path,
      files: { 'checkpoint.safetensors': join(folder, 'node.safetensors') },
    })
    await served.page.locator('#opened', { hasText: 'cifar-resnet8-b: [28,28,1], 10 classes' }).waitFor()
    expect(served.errors).toEqual([])
    await served.close()
  })

  it('says what is wrong with a file, and keeps the net that was open', async () => {
    const { page, errors, close } = await openUse()
    await sample(page, 1)
    await probabilities(page)
    writeFileSync(join(folder, 'broken.safetensors'), Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0x7b, 1, 2, 3))
    writeFileSync(join(folder, 'broken.png'), 'not a picture')
    await openFile(page, 'broken.safetensors')
    expect(await page.getByRole('alert').textContent()).toMatch(/^That did not work: .+/)
    await page.getByLabel('Choose a picture').setInputFiles(join(folder, 'broken.png'))
    await page
      .getByRole('alert')
      .filter({ hasText: 'broken.png is not a picture that this browser can read' })
      .waitFor()
    await sample(page, 3)
    await page.getByRole('alert').waitFor({ state: 'detached' })
    expect(await page.locator('#opened').textContent()).toContain('cifar-resnet20')
    expect(errors).toEqual([])
    await close()
  })
})
