// @ts-check
// The course in the page: the code of every lesson runs there as it stands, and what someone makes of it.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { lessons } from '@resfn/lessons'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, openPage, pictures, serveSite } from './open-page.mjs'

let browser
let server
/** @type {Awaited<ReturnType<typeof openPage>>} */
let opened
beforeAll(async () => {
  mkdirSync(pictures, { recursive: true })
  ;[browser, server] = await Promise.all([launch(), serveSite()])
  opened = await openPage(browser, server.url, { path: '/#/lessons', options: { locale: 'en-GB' } })
  await opened.page.getByLabel('Code of the lesson').first().waitFor()
})
afterAll(async () => {
  await opened?.close()
  await browser?.close()
  await server?.stop()
})

const button = (/** @type {string} */ name) => opened.page.getByRole('button', { name, exact: true })
const program = () => opened.page.getByRole('textbox', { name: 'Code of the lesson' })
const lines = () => opened.page.getByRole('log').textContent()
const state = () => opened.page.getByRole('status').getAttribute('data-state')

/** Runs a program to its end. */
const runToEnd = async () => {
  await button('Run').click()
  await expect.poll(state, { timeout: 230_000, interval: 200 }).not.toBe('running')
}

describe('the code of a lesson in the page', () => {
  it.each(lessons.map(({ name, title }) => ({ name, title: title.en })))(
    '$name runs as it stands',
    async ({ title }) => {
      await button(title).click()
      expect(await opened.page.locator('article h3').first().textContent()).toBe(title)
      await runToEnd()
      expect(await opened.page.getByRole('alert').allTextContents()).toEqual([])
      expect(await state()).toBe('finished')
      expect(await lines()).not.toMatch(/NaN|undefined|\[object/)
      expect((await lines())?.split('\n').length).toBeGreaterThan(1)
      expect(opened.errors).toEqual([])
      expect(opened.outside).toEqual([])
    },
  )

  it('can be changed, stopped and had back', async () => {
    await button(lessons[0]?.title.en ?? '').click()
    const given = await program().inputValue()
    await program().fill(
      "import { key } from '@resfn/random'\nconsole.log(key(1).length > 0, { a: [1] })\nwhile (true);",
    )
    await button('Run').click()
    await expect.poll(lines).toBe('true {"a":[1]}')
    await button('Stop').click()
    expect(await state()).toBe('stopped')
    await button('As it was').click()
    expect(await program().inputValue()).toBe(given)
  })

  it.each([
    ["import fs from 'node:fs'", /there is no node:fs in this page; there are @resfn\/activation, /],
    ['const a = 1\nconst b = a.b.c', /^Line 2: TypeError: /],
    ['const a = (', /^(Parse|Syntax)?Error: /],
  ])('says what is wrong with %j', async (source, problem) => {
    await program().fill(source)
    await runToEnd()
    expect(await state()).toBe('failed')
    expect(await opened.page.getByRole('alert').textContent()).toMatch(problem)
    await button('As it was').click()
  })

  it('is read in Chinese', async () => {
    await opened.page.getByLabel('Language').selectOption('zh')
    expect(await opened.page.locator('article h3').first().textContent()).toBe(lessons[0]?.title.zh)
    await opened.page.screenshot({ path: join(pictures, 'lessons-zh.png'), fullPage: true })
    expect(opened.errors).toEqual([])
  })
})
