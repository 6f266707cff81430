// Puts the course into the page: its texts as HTML, and the code of each lesson. They are read as files, because this
// runs where the sources of packages need not be built.
import { readFile } from 'node:fs/promises'
import { Marked } from 'marked'
import type { Plugin } from 'vite'

const name = 'virtual:lessons'
const ends = { en: '', zh: '.zh' } as const

const read = (path: string): Promise<string> =>
  readFile(new URL(`../../../../lessons/src/${path}`, import.meta.url), 'utf8')

// The page has a title of its own, and the course has one.
const marked = new Marked({
  walkTokens: (token) => {
    if (token.type === 'heading') token['depth'] += 2
  },
})

/** The title of a lesson, and its text in three parts: before what is measured, before the code, and after it. */
const textOf = async (lesson: string, language: keyof typeof ends): Promise<{ readonly title: string }> => {
  const text = await read(`${lesson}/text${ends[language]}.md`)
  const [before, between, after] = await Promise.all(
    text.split(/^<!-- (?:measured|code) -->$/m).map((part) => marked.parse(part)),
  )
  return { title: /^# (.*)$/m.exec(text)![1]!, ...{ before, between, after } }
}

const course = async (): Promise<readonly object[]> => {
  const names = [...(await read('course.md')).matchAll(/\(lesson:([a-z0-9-]+)\)/g)].map(([, lesson]) => lesson!)
  return Promise.all(
    names.map(async (lesson) => ({
      name: lesson,
      code: (await read(`${lesson}/code.mjs`)).trim(),
      texts: { en: await textOf(lesson, 'en'), zh: await textOf(lesson, 'zh') },
    })),
  )
}

/** Adds the module `virtual:lessons`. */
export const lessons = (): Plugin => ({
  name: 'resfn-lessons',
  resolveId: (id) => (id === name ? `\0${name}` : undefined),
  load: async (id) => (id === `\0${name}` ? `export const lessons = ${JSON.stringify(await course())}` : undefined),
})
