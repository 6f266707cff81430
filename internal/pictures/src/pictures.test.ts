import { setBackend } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, it } from 'vitest'
import { layOut } from './layout.ts'
import { svg, type Theme } from './marks.ts'
import { nodeOf } from './node.ts'
import { type Subject, subjects } from './subjects.ts'

const themes: readonly Theme[] = ['light', 'dark']

const drawn = (subject: Subject) =>
  'figure' in subject ? subject.figure() : layOut(nodeOf(subject.layer, subject.input, subject.words), subject.input)

beforeAll(async () => void (await setBackend('cpu')))

// `pnpm pictures` writes the files; here they must be what the layers give.
describe.each(Object.entries(subjects))('the picture of %s', (folder, subject) => {
  it.each(themes)('is up to date for a %s page', async (theme) => {
    const { title, description } = subject
    const picture = svg({ title, description, ...drawn(subject) }, theme)
    await expect(picture, 'run pnpm pictures').toMatchFileSnapshot(`../../../docs/pictures/${folder}-${theme}.svg`)
  })
})
