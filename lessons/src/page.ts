import { marked } from 'marked'
import type { Conclusion, Finding, Language, Lesson, Table, Words } from './lesson.ts'
import { drawing, standalone, themes, variables } from './draw.ts'
import type { Measured } from './run-lesson.ts'
import { readText } from './text.ts'

/** A file of a finished lesson. */
export type PageFile = { readonly name: string; readonly text: string }

/** The languages, with their names and the ends of their files. */
export const languages: { readonly [language in Language]: { readonly name: string; readonly end: string } } = {
  en: { name: 'English', end: '' },
  zh: { name: '中文', end: '.zh' },
}

const heading: Words = { en: 'What was measured', zh: '测量结果' }
const holds: Words = { en: 'Held', zh: '成立' }
const refuted: Words = { en: 'Refuted here', zh: '在此被否定' }
const scales: { readonly [scale in Measured['scale']]: Words } = {
  quick: { en: 'quick: it shows the direction', zh: '快速：只看方向' },
  default: { en: 'default', zh: '默认' },
  full: { en: 'full: the setting of the paper', zh: '完整：论文的设置' },
}

const cellText = (cell: string | number | Words, language: Language): string =>
  (typeof cell === 'object' ? cell[language] : String(cell)).replaceAll('|', '\\|')

const tableText = ({ title, columns, rows }: Table, language: Language): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    `**${title[language]}**\n`,
    line(columns.map((column) => cellText(column, language))),
    line(columns.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...rows.map((row) => line(row.map((cell) => cellText(cell, language)))),
  ].join('\n')
}

const findingText = ({ claim, holds: does, measured }: Finding, language: Language): string =>
  `- **${(does ? holds : refuted)[language]}.** ${claim[language]} — ${measured[language]}`

const runText = ({ scale, data, engine, date, seconds, recipe }: Measured, language: Language): string => {
  const minutes = seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
  const lines: Words = {
    en: `Scale: ${scales[scale].en}. ${data}. Measured in ${minutes} on ${date}, by ${engine}.`,
    zh: `规模：${scales[scale].zh}。${data}。${date} 测量，用时 ${minutes}，${engine}。`,
  }
  return `${lines[language]}\n\n\`\`\`json\n${JSON.stringify(recipe)}\n\`\`\``
}

/** The lesson as Markdown; pictures are put in by `show`. */
const markdown = async (
  measured: Measured,
  { findings, pictures, tables }: Conclusion,
  language: Language,
  show: (picture: Conclusion['pictures'][number]) => string,
): Promise<string> => {
  const { before, between, after, code } = await readText(measured.lesson, language)
  return `${[
    before,
    `## ${heading[language]}`,
    findings.map((finding) => findingText(finding, language)).join('\n'),
    ...pictures.map((picture) => `${show(picture)}\n\n*${picture.caption[language]}*`),
    ...tables.map((table) => tableText(table, language)),
    runText(measured, language),
    between,
    `\`\`\`js\n${code}\n\`\`\``,
    after,
  ].join('\n\n')}\n`
}

const style = `
:root { color-scheme: light dark; ${variables('light')} }
@media (prefers-color-scheme: dark) { :root { ${variables('dark')} } }
@media print { :root { color-scheme: light; ${variables('light')} } figure, table { break-inside: avoid } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 18px/1.6 system-ui, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif }
main { max-width: 860px; margin: 0 auto; padding: 32px 20px 64px }
h1 { line-height: 1.2; overflow-wrap: anywhere }
h2 { margin-top: 2em }
figure { margin: 24px 0 }
figcaption { font-weight: 600 }
svg { display: block; width: 100%; height: auto }
a { color: var(--series-1) }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto }
th, td { padding: 6px 12px; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 14px 16px; border-radius: 8px; background: color-mix(in srgb, currentColor 6%, transparent); font-size: 15px; line-height: 1.5 }
code { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace }
summary { cursor: pointer }
nav { text-align: right }
`

// Nothing in the page is run, and nothing is loaded.
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

const other = (language: Language): Language => (language === 'en' ? 'zh' : 'en')

/** A page of its own, with a link to that in the other language. */
export const html = (title: string, language: Language, body: string): string => `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8" />
<meta http-equiv="Content-Security-Policy" content="${policy}" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<nav><main style="padding-block: 12px 0"><a href="index${languages[other(language)].end}.html" hreflang="${other(language)}" lang="${other(language)}">${languages[other(language)].name}</a></main></nav>
<main>
${body}
</main>
</body>
</html>
`

const figure = (title: string, svg: string): string => `<figure><figcaption>${title}</figcaption>${svg}</figure>`

/**
 * A measured lesson as files: a self-contained page in each language, and the same as Markdown with pictures in light
 * and dark.
 *
 * @param lesson the lesson
 * @param measured what `runLesson` gave
 */
export const lessonPages = async (lesson: Lesson, measured: Measured): Promise<readonly PageFile[]> => {
  const conclusion = lesson.conclude(measured.scale, measured.cells)
  const perLanguage = (Object.keys(languages) as Language[]).map(async (language) => {
    const { end } = languages[language]
    const inline = await markdown(measured, conclusion, language, (picture) =>
      figure(picture.title[language], drawing(picture, language)),
    )
    const beside = await markdown(measured, conclusion, language, ({ name, title }) =>
      [
        '<picture>',
        `<source media="(prefers-color-scheme: dark)" srcset="${name}${end}-dark.svg">`,
        `<img alt="${title[language]}" src="${name}${end}-light.svg">`,
        '</picture>',
      ].join(''),
    )
    return [
      { name: `index${end}.html`, text: html(lesson.title[language], language, await marked.parse(inline)) },
      { name: `README${end}.md`, text: beside },
      ...conclusion.pictures.flatMap((picture) =>
        themes.map((theme) => ({
          name: `${picture.name}${end}-${theme}.svg`,
          text: `${standalone(picture, language, theme)}\n`,
        })),
      ),
    ]
  })
  return (await Promise.all(perLanguage)).flat()
}
