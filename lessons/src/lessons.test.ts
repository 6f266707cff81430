import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import { useBackend } from '@resfn/runtime'
import { parseHTML } from 'linkedom'
import sharp from 'sharp'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { lesson } from './lesson.ts'
import { lessons } from './lessons.ts'
import { lessonPages } from './page.ts'
import { type LessonRun, runLesson } from './run-lesson.ts'
import { readText } from './text.ts'
import type { LessonData, Store } from './tools.ts'

/** A store in memory. */
const memoryStore = (): Store & { readonly names: () => readonly string[] } => {
  const files = new Map<string, Uint8Array>()
  return {
    read: async (name) => files.get(name),
    write: async (name, content) => {
      files.set(name, typeof content === 'string' ? Buffer.from(content) : content)
    },
    remove: async (name) => {
      files.delete(name)
    },
    names: () => [...files.keys()],
  }
}

/** A quick run. */
const run = (store: Store): LessonRun => ({
  scale: 'quick',
  data,
  store,
  engine: 'a test',
  signal: new AbortController().signal,
  now: Date.now,
  onProgress: () => undefined,
})

let data: LessonData
beforeAll(async () => {
  await useBackend('wasm', { threads: 2 })
  const loaded = await loadFashionMnistSubset()
  if (loaded._tag === 'Left') throw new Error(loaded.left.message)
  data = { title: 'Fashion-MNIST', ...loaded.right, moments: { mean: [0.286], std: [0.353] } }
})

test('a measurement keeps whole numbers as they are, and six digits of others', async () => {
  const values = [12_345_678, 1 / 3, Infinity]
  const counting = lesson<null, readonly number[]>({
    name: 'counting',
    title: { en: 'Counting', zh: '计数' },
    recipes: { quick: null, default: null, full: null },
    cells: () => [{ id: 'count', measure: async () => values }],
    conclude: () => ({ findings: [], pictures: [], tables: [] }),
  })
  const { cells } = await runLesson(counting, run(memoryStore()))
  expect(cells).toEqual({ count: [12_345_678, 0.333333, null] })
})

test('a finished measurement is read again as it is, and one that goes on names both machines', async () => {
  const counting = lesson<number, number>({
    name: 'counting',
    title: { en: 'Counting', zh: '计数' },
    recipes: { quick: 1, default: 1, full: 1 },
    cells: () => ['one', 'two'].map((id, i) => ({ id, measure: async () => i + 1 })),
    conclude: () => ({ findings: [], pictures: [], tables: [] }),
  })
  const store = memoryStore()
  const whole = await runLesson(counting, run(store))
  expect(await runLesson(counting, { ...run(store), engine: 'another' })).toEqual(whole)
  await store.write('measured.json', JSON.stringify({ ...whole, cells: { one: 1 } }))
  expect(await runLesson(counting, { ...run(store), engine: 'another' })).toEqual({
    ...whole,
    engine: 'a test; another',
  })
})

describe.each(lessons)('$name', (lesson) => {
  test('shows its direction when it is quick, and makes its pages', { timeout: 600_000 }, async () => {
    const store = memoryStore()
    const measured = await runLesson(lesson, run(store))
    expect(store.names()).toEqual(['measured.json'])
    const { findings, pictures, tables } = lesson.conclude('quick', measured.cells)
    expect(
      findings.filter(({ holds }) => !holds).map(({ claim, measured: found }) => `${claim.en} ${found.en}`),
    ).toEqual([])
    expect(pictures.length + tables.length).toBeGreaterThan(1)
    const pages = await lessonPages(lesson, measured)
    for (const { name, text } of pages) {
      expect(text, name).not.toMatch(/NaN|undefined|\[object/)
      // As a file of its own it must be XML, about which HTML is not strict.
      if (name.endsWith('.svg')) expect((await sharp(Buffer.from(text)).metadata()).format, name).toBe('svg')
      if (!name.endsWith('.html')) continue
      const { document } = parseHTML(text)
      expect(document.querySelectorAll('h1')).toHaveLength(1)
      expect(document.querySelectorAll('svg').length, name).toBe(pictures.length)
      expect(document.querySelectorAll('details'), name).toHaveLength(3)
    }
  })

  test('has cells of different names at each scale', () => {
    for (const scale of ['quick', 'default', 'full'] as const) {
      const ids = lesson.cells(scale).map(({ id }) => id)
      expect(ids.length).toBeGreaterThan(0)
      expect(new Set(ids).size).toBe(ids.length)
      for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9-]+$/)
    }
  })

  test('has a text in both languages', async () => {
    for (const language of ['en', 'zh'] as const) {
      const { before, after } = await readText(lesson.name, language)
      expect(before.split('\n')[0]).toBe(`# ${lesson.title[language]}`)
      expect(after.match(/<summary>/g)).toHaveLength(3)
    }
  })

  test('has code that runs as it stands', { timeout: 600_000 }, async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    try {
      await import(/* @vite-ignore */ new URL(`./${lesson.name}/code.mjs`, import.meta.url).href)
      const lines = log.mock.calls.map((words) => words.join(' '))
      expect(lines.length).toBeGreaterThan(0)
      expect(lines.join('\n')).not.toMatch(/NaN|undefined|\[object/)
    } finally {
      log.mockRestore()
    }
  })
})
