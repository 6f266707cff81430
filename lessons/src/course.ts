import { readFile } from 'node:fs/promises'
import { marked } from 'marked'
import type { Language } from './lesson.ts'
import { html, languages, type PageFile } from './page.ts'

/** The page that leads through the lessons, as files in each language. Its links lead to a folder for each lesson. */
export const coursePages = async ({ ending }: { readonly ending: string }): Promise<readonly PageFile[]> => {
  const perLanguage = (Object.keys(languages) as Language[]).map(async (language) => {
    const { end } = languages[language]
    const source = await readFile(new URL(`../src/course${end}.md`, import.meta.url), 'utf8')
    const title = /^# (.*)$/m.exec(source)?.[1] ?? ''
    const linkedTo = (file: string): string => source.replaceAll(/\(lesson:([a-z0-9-]+)\)/g, `($1${ending}/${file})`)
    return [
      { name: `README${end}.md`, text: linkedTo(`README${end}.md`) },
      { name: `index${end}.html`, text: html(title, language, await marked.parse(linkedTo(`index${end}.html`))) },
    ]
  })
  return (await Promise.all(perLanguage)).flat()
}
