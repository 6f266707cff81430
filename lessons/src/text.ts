import { readFile } from 'node:fs/promises'
import type { Language } from './lesson.ts'

const files: { readonly [language in Language]: string } = { en: 'text.md', zh: 'text.zh.md' }

/** The lines of a text where the measurements come, and where the code does. */
const marks = ['<!-- measured -->', '<!-- code -->'] as const

/**
 * The text of a lesson as Markdown: before the measurements, between them and the code, after the code; and the code.
 */
export type LessonText = {
  readonly before: string
  readonly between: string
  readonly after: string
  /** JavaScript that runs as it stands. */
  readonly code: string
}

// The sources are published too, and they are as far from dist as from src.
const read = (path: string): Promise<string> => readFile(new URL(`../src/${path}`, import.meta.url), 'utf8')

/** Reads the text of a lesson. */
export const readText = async (name: string, language: Language): Promise<LessonText> => {
  const [text, code] = await Promise.all([read(`${name}/${files[language]}`), read(`${name}/code.mjs`)])
  const [before, between, after] = text.split(new RegExp(`^(?:${marks.join('|')})$`, 'm')).map((part) => part.trim())
  if (before === undefined || between === undefined || after === undefined)
    throw new Error(`${name}/${files[language]} must have the lines ${marks.join(' and ')}`)
  return { before, between, after, code: code.trim() }
}
