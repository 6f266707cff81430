// @ts-check
// Teaching the page two classes from generated pictures: by the head, by all layers, from a folder; and taking the net
// along.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createNet, nets } from '@resfn/archs'
import { fileOf, importWeights, safetensorsWeights } from '@resfn/import'
import { key } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import { either as E } from 'fp-ts'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, openPage, pictures, root, serveSite } from './open-page.mjs'

const folder = join(root, '.cache', 'page', 'lesson')

/** A light shape on black, of a size and at a place. */
const shape = (kind, index) => {
  const [x, y, r] = [40 + (index % 5) * 6, 44 + (index % 3) * 8, 22 + (index % 4) * 5]
  const drawn =
    kind === 'disc'
      ? `<circle cx="${x}" cy="${y}" r="${r}"/>`
      : `<path d="M${x - r} ${y}H${x + r}M${x} ${y - r}V${y + r}" stroke="#eee" stroke-width="10"/>`
  return sharp(
    new TextEncoder().encode(
      `<svg xmlns="http://www.w3.org/2000/svg" width="112" height="112"><rect width="112" height="112"/><g fill="#eee">${drawn}</g></svg>`,
    ),
  )
    .png()
    .toBuffer()
}

let browser
let server
beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  for (const kind of ['disc', 'cross']) {
    mkdirSync(join(folder, kind), { recursive: true })
    for (let i = 0; i < 20; i++) writeFileSync(join(folder, kind, `${i}.png`), await shape(kind, i))
  }
  writeFileSync(join(folder, 'new.png'), await shape('cross', 23))
  ;[browser, server] = await Promise.all([launch(), serveSite()])
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

const openTeach = async () => {
  const opened = await openPage(browser, server.url, { path: '/#/teach' })
  await opened.page.getByLabel('Backend').selectOption('wasm')
  return opened
}

const result = async (page) => {
  await page.locator('#taught', { hasText: 'right on' }).waitFor({ timeout: 200_000 })
  return Number(/^([\d.]+)%/.exec(await page.locator('#taught').textContent())?.[1])
}

describe('teaching in the page', () => {
  it('learns two classes of a folder, answers for a new picture, and can be taken along', async () => {
    const { page, errors, outside, close } = await openTeach()
    await page.getByLabel('A folder with a folder for each class').setInputFiles(folder)
    await page.getByText('Pictures: 20').nth(1).waitFor()
    // The picture beside the folders belongs to no class of its own name.
    for (const name of ['A', 'B'])
      expect(await page.getByRole('button', { name: `Remove the class: ${name}`, exact: true }).count()).toBe(0)
    await page.getByRole('button', { name: 'Remove the class: lesson' }).click()
    await page.getByRole('button', { name: 'Teach the head (seconds)' }).click()
    expect(await result(page)).toBeGreaterThanOrEqual(95)
    await page.getByLabel('Choose a picture').setInputFiles(join(folder, 'new.png'))
    await page.locator('ol.top li').first().waitFor()
    expect(await page.locator('ol.top li').first().textContent()).toMatch(/^cross/)
    await page.screenshot({ path: join(pictures, 'teach-1440-light.png'), fullPage: true })

    const take = async (name) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ])
      return new Uint8Array(readFileSync(await download.path()))
    }
    const weights = await safetensorsWeights(fileOf(await take('safetensors, keys of timm')))()
    if (E.isLeft(weights)) throw new Error(weights.left.message)
    await useBackend('wasm', { threads: 1, report: () => undefined })
    const net = createNet('cifar-resnet20', { channels: 1, classes: 2 })
    const keys = Object.values(nets['cifar-resnet20'].keys ?? {})[0]
    const imported = await importWeights(net, weights.right, { input: [28, 28, 1], keys, key: key(0) })()
    expect(E.isRight(imported) && imported.right.drawn).toEqual([])
    expect((await take('ONNX')).length).toBeGreaterThan(1_000_000)

    // From the disk, with nothing beside it.
    writeFileSync(join(folder, 'net.html'), await take('A page that classifies'))
    const alone = await page.context().newPage()
    alone.on('pageerror', ({ message }) => errors.push(message))
    await alone.goto(`file://${join(folder, 'net.html')}`)
    await alone.getByRole('heading', { name: 'cross / disc' }).waitFor()
    await alone.locator('input[type=file]').setInputFiles(join(folder, 'new.png'))
    await alone.locator('ol.top li').first().waitFor()
    expect(await alone.locator('ol.top li').first().textContent()).toMatch(/^cross/)
    await alone.screenshot({ path: join(pictures, 'net.png'), fullPage: true })
    expect([errors, outside]).toEqual([[], []])
    await close()
  })

  it('learns by all layers, class by class, and says what a lesson lacks', async () => {
    const { page, errors, close } = await openTeach()
    await page.getByRole('button', { name: 'Teach all layers' }).click()
    await page
      .getByRole('alert')
      .filter({ hasText: 'the class "A" has 0 pictures; give at least two' })
      .waitFor({ timeout: 100_000 })
    for (const [i, kind] of ['disc', 'cross'].entries()) {
      const card = page.locator('.own-class').nth(i)
      await card.getByLabel('Class', { exact: true }).fill(kind)
      await card
        .locator('input[type=file]')
        .setInputFiles(Array.from({ length: 20 }, (_, n) => join(folder, kind, `${n}.png`)))
      await card.getByText('Pictures: 20').waitFor()
    }
    await page.getByRole('button', { name: 'Teach all layers' }).click()
    expect(await result(page)).toBeGreaterThanOrEqual(95)
    expect(await page.getByRole('alert').count()).toBe(0)
    // The pictures are there after a reload.
    await page.reload()
    await page.getByText('Pictures: 20').nth(1).waitFor()
    const names = page.locator('.own-class .name input')
    expect([await names.nth(0).inputValue(), await names.nth(1).inputValue()]).toEqual(['disc', 'cross'])
    expect(errors).toEqual([])
    await close()
  })
})
