// @ts-check
// The camera of the page, which Chromium makes up: pictures for a class, answers as it looks, and that it is let go.
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, openPage, pictures, serveSite } from './open-page.mjs'

const madeUp = '--use-fake-device-for-media-stream'

let server
beforeAll(async () => {
  server = await serveSite()
})
afterAll(() => server?.stop())

/** Opens the tab with a camera that is lent after `wait` milliseconds; `tracks()` says how all that were lent are. */
const openTeach = async (browser, wait = 0) => {
  const opened = await openPage(browser, server.url, { path: '/#/teach' })
  await opened.page.evaluate((wait) => {
    const devices = navigator.mediaDevices
    const lend = devices.getUserMedia.bind(devices)
    const lent = []
    Object.assign(globalThis, { lent })
    devices.getUserMedia = async (asked) => {
      const stream = await lend(asked)
      lent.push(...stream.getTracks())
      await new Promise((done) => setTimeout(done, wait))
      return stream
    }
  }, wait)
  const tracks = () => opened.page.evaluate(() => globalThis['lent'].map(({ readyState }) => readyState))
  return { ...opened, tracks, card: (i) => opened.page.locator('.own-class').nth(i) }
}

const waitForTracks = async (tracks, states) => expect.poll(tracks, { timeout: 20_000 }).toEqual(states)

describe('the camera', () => {
  it('takes pictures into a class, looks with the taught net, and is let go', async () => {
    const browser = await launch([madeUp, '--use-fake-ui-for-media-stream'])
    const { page, card, tracks, errors, outside, close } = await openTeach(browser)
    await page.getByLabel('Backend').selectOption('wasm')
    await card(0).getByRole('button', { name: 'Use the camera' }).click()
    const take = card(0).getByRole('button', { name: 'Take a picture' })
    for (let i = 1; i <= 5; i++) {
      await take.click()
      await card(0).getByText(`Pictures: ${i}`, { exact: true }).waitFor()
    }
    expect(await card(0).locator('canvas.thumbnail').count()).toBe(5)
    await card(0).getByRole('button', { name: 'Camera off' }).click()
    await waitForTracks(tracks, ['ended'])

    const black = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#000' } })
      .png()
      .toBuffer()
    await card(1)
      .locator('input[type=file]')
      .setInputFiles(Array.from({ length: 5 }, (_, i) => ({ name: `${i}.png`, mimeType: 'image/png', buffer: black })))
    await card(1).getByText('Pictures: 5').waitFor()
    await card(0).getByLabel('Class', { exact: true }).fill('camera')
    await page.getByRole('button', { name: 'Teach the head (seconds)' }).click()
    await page.locator('#taught', { hasText: 'right on' }).waitFor({ timeout: 200_000 })

    const live = page.locator('.camera').last()
    await live.getByRole('button', { name: 'Use the camera' }).click()
    await page.locator('ol.top li').first().waitFor({ timeout: 60_000 })
    expect(await page.locator('ol.top li').first().textContent()).toMatch(/^camera/)
    await page.screenshot({ path: join(pictures, 'camera-1440-light.png'), fullPage: true })
    await waitForTracks(tracks, ['ended', 'live'])
    // Another tab has no use for it.
    await page.getByRole('tab', { name: 'Use' }).click()
    await waitForTracks(tracks, ['ended', 'ended'])
    expect([errors, outside]).toEqual([[], []])
    await close()
    await browser.close()
  })

  it('is let go where it was turned off before it came, and says when it was taken away', async () => {
    const browser = await launch([madeUp, '--use-fake-ui-for-media-stream'])
    const { page, card, tracks, errors, close } = await openTeach(browser, 1500)
    await card(0).getByRole('button', { name: 'Use the camera' }).click()
    await card(0).getByRole('button', { name: 'Take a picture' }).waitFor()
    expect(await card(0).getByRole('button', { name: 'Take a picture' }).isDisabled()).toBe(true)
    await card(0).getByRole('button', { name: 'Camera off' }).click()
    await waitForTracks(tracks, ['ended'])
    expect(await page.getByRole('alert').count()).toBe(0)

    await card(0).getByRole('button', { name: 'Use the camera' }).click()
    await page.waitForFunction(() => document.querySelector('video')?.videoWidth)
    await page.evaluate(() => globalThis['lent'][1].dispatchEvent(new Event('ended')))
    await card(0).getByRole('alert').filter({ hasText: 'The camera cannot be used: it was taken away' }).waitFor()
    expect(await card(0).getByRole('button', { name: 'Use the camera' }).getAttribute('aria-pressed')).toBe('false')
    expect(errors).toEqual([])
    await close()
    await browser.close()
  })

  it('says so where it is not allowed, and where the browser lends none', async () => {
    const browser = await launch([madeUp, '--use-fake-ui-for-media-stream=deny'])
    const { page, card, close } = await openTeach(browser)
    const alert = card(0).getByRole('alert')
    await card(0).getByRole('button', { name: 'Use the camera' }).click()
    await alert.filter({ hasText: 'The camera cannot be used: Permission denied' }).waitFor()
    expect(await card(0).locator('video').count()).toBe(0)
    // As on a page that came without encryption.
    await page.evaluate(() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }))
    await card(0).getByRole('button', { name: 'Use the camera' }).click()
    await alert.filter({ hasText: 'only to pages that come by HTTPS' }).waitFor()
    await close()
    await browser.close()
  })
})
