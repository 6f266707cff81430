// @ts-check
// Composing nets in the page: numbers, graph, code, links, names; at any width, in both themes and languages.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { summary } from '@resfn/layer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, openPage, pictures, root, serveSite } from './open-page.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

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

/** What axe finds that is serious. */
const seriousFindings = async (page) => {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => globalThis.axe.run())
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join('; ')}`)
}

const facts = (page) => page.locator('.facts dd').allTextContents()

describe('composing a net', () => {
  it('shows the numbers, the graph and the code of what is chosen, at once', async () => {
    const { page, errors, outside, close } = await openPage(browser, server.url)
    expect(await facts(page)).toEqual(['8', '75k', '9.15M', '[10]'])
    await page.getByRole('button', { name: 'ResNet-20' }).click()
    expect((await facts(page)).slice(0, 2)).toEqual(['20', '269k'])
    expect(await page.locator('.net .join', { hasText: 'Add' }).count()).toBe(9)
    await page.getByLabel('Shortcut').selectOption('none')
    expect(await page.locator('.net .join', { hasText: 'Add' }).count()).toBe(0)
    await page.getByLabel('Attention').selectOption('se')
    expect(await page.locator('#code').textContent()).toContain('se: squeezeAndExcitation()')
    expect(page.url()).toContain('attention=se')
    expect([errors, outside]).toEqual([[], []])
    await close()
  })

  it('gives code that runs in Node, and makes the same net', async () => {
    const path =
      '/#/compose?block=bottleneck&blocks=2-1&width=16&groups=4&shortcut=project&placement=fullPreActivation&attention=eca'
    const { page, close } = await openPage(browser, server.url, { path })
    await page.getByRole('button', { name: 'Copy', exact: true }).click()
    const code = await page.evaluate(() => navigator.clipboard.readText())
    expect(code).toBe(await page.locator('#code').textContent())
    const folder = join(root, 'apps', 'playground', '.cache', 'pasted')
    mkdirSync(folder, { recursive: true })
    try {
      writeFileSync(join(folder, 'net.ts'), code)
      const { net } = await import(join(folder, 'net.ts'))
      const { params, rows } = summary(net, [28, 28, 1])
      const shown = (await facts(page))[1]
      expect(`${Number((params / 1000).toPrecision(3))}k`).toBe(shown)
      const paths = await page.locator('.numbers tbody th').allTextContents()
      expect(paths).toEqual(rows.filter(({ depth }) => depth <= 1).map((row) => row.path))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    await close()
  })

  it('follows links, and says what is wrong with a link, a name and a net that does not fit', async () => {
    const first = await openPage(browser, server.url, { path: '/#/compose?net=seresnext50_32x4d' })
    expect((await facts(first.page))[1]).toBe('25.5M')
    await first.page.getByRole('combobox', { name: 'Name' }).fill('cifar-resnet2O')
    await first.page.getByRole('combobox', { name: 'Name' }).press('Enter')
    expect(await first.page.getByRole('alert').textContent()).toMatch(
      /there is no net "cifar-resnet2O"; did you mean cifar-resnet20/,
    )
    expect(first.errors).toEqual([])
    await first.close()
    const second = await openPage(browser, server.url, { path: '/#/compose?width=9999' })
    expect(await second.page.getByRole('alert').textContent()).toBe(
      'The link holds no net: width=9999: must be a whole number from 4 to 256',
    )
    await second.page.getByLabel('Groups', { exact: false }).fill('3')
    expect(await second.page.getByRole('alert').last().textContent()).toMatch(/conv.*groups/)
    expect(second.errors).toEqual([])
    await second.close()
  })

  it('has nothing serious for axe, and fits every width, in both themes and languages', async () => {
    for (const colorScheme of /** @type {const} */ (['light', 'dark']))
      for (const width of [1440, 768, 390]) {
        const locale = width === 768 ? 'zh-CN' : 'en-GB'
        const options = {
          viewport: { width, height: 1000 },
          colorScheme,
          locale,
          reducedMotion: /** @type {const} */ ('reduce'),
        }
        const { page, errors, close } = await openPage(browser, server.url, { options })
        expect(await page.locator('main h2').textContent()).toBe(locale === 'zh-CN' ? '搭建网络' : 'Compose a net')
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
        await page.screenshot({ path: join(pictures, `compose-${width}-${colorScheme}.png`), fullPage: true })
        expect(await seriousFindings(page)).toEqual([])
        for (const [from, to] of [
          ['compose', 'train'],
          ['train', 'teach'],
          ['teach', 'use'],
          ['use', 'lessons'],
        ]) {
          await page.locator(`#tab-${from}`).press('ArrowRight')
          expect(await page.evaluate(() => document.activeElement?.id)).toBe(`tab-${to}`)
          expect(await page.locator(`#tab-${to}`).getAttribute('aria-selected')).toBe('true')
          // The course is loaded when it is first shown.
          if (to === 'lessons') await page.locator('article').waitFor()
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
          await page.screenshot({ path: join(pictures, `${to}-${width}-${colorScheme}.png`), fullPage: true })
          // What is serious at the widest and at the narrowest is what is serious between them.
          if (width !== 768) expect(await seriousFindings(page), to).toEqual([])
        }
        expect(errors).toEqual([])
        await close()
      }
  })
})
