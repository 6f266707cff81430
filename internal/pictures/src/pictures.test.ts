import { setBackend } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { readdirSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { blocks } from './blocks.ts'
import { svg, type Theme } from './marks.ts'
import { ops } from './ops.ts'
import { drawn, type Subjects } from './subject.ts'

const themes: readonly Theme[] = ['light', 'dark']
const subjects: Subjects = { ...ops, ...blocks }

const namesIn = (folder: string): readonly string[] => readdirSync(new URL(`../../../${folder}`, import.meta.url))

beforeAll(async () => void (await setBackend('cpu')))

// `pnpm pictures` writes the files; here they must be what the layers give.
describe.each(Object.entries(subjects))('the picture of %s', (folder, subject) => {
  it.each(themes)('is up to date for a %s page', async (theme) => {
    const { title, description } = subject
    const picture = svg({ title, description, ...drawn(subject) }, theme)
    await expect(picture, 'run pnpm pictures').toMatchFileSnapshot(`../../../docs/pictures/${folder}-${theme}.svg`)
  })

  it('says the words that it has for parts', () => {
    const picture = svg({ title: '', description: '', ...drawn(subject) }, 'light')
    for (const word of Object.values('input' in subject ? (subject.words ?? {}) : {})) expect(picture).toContain(word)
  })
})

it.each([
  ['packages/ops', ops],
  ['packages/blocks', blocks],
])('every package of %s has a picture', (folder, of) => {
  expect(Object.keys(of).toSorted()).toEqual(namesIn(folder).toSorted())
})

it('every picture has a subject', () => {
  const files = Object.keys(subjects).flatMap((folder) => themes.map((theme) => `${folder}-${theme}.svg`))
  expect(namesIn('docs/pictures').filter((name) => !files.includes(name))).toEqual([])
})
