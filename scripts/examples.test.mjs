// @ts-check
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { blocksOf, commentsOf, writeExamples } from './examples.mjs'
import { packageFiles } from './new.mjs'

describe('the blocks of a Markdown text', () => {
  it('are those with the language ts, with the line they start on', () => {
    const text = '# Title\n\n```ts\nconst a = 1\n```\n\n```js\nno\n```\n\n~~~ts\n```\nconst b = 2\n~~~\n'
    expect(blocksOf(text)).toEqual([
      { line: 4, code: 'const a = 1' },
      { line: 12, code: '```\nconst b = 2' },
    ])
  })

  it('do not include a block inside a longer fence', () => {
    expect(blocksOf('````md\n```ts\nconst a = 1\n```\n````\n')).toEqual([])
  })
})

describe('the comments of a source', () => {
  it('keep the number of every line and leave out the code', () => {
    const source =
      'export const a = 1\n/**\n * Text.\n * ```ts\n * const b = 2\n * if (b) {\n *   throw b\n * }\n * ```\n */\nexport const c = `\n```ts\nno\n```\n`\n'
    expect(blocksOf(commentsOf(source))).toEqual([{ line: 5, code: 'const b = 2\nif (b) {\n  throw b\n}' }])
  })
})

describe('written examples', () => {
  it('keep their line numbers and become one test each', () => {
    const root = mkdtempSync(join(tmpdir(), 'resfn-examples-'))
    const files = {
      'package.json': '{}',
      'pnpm-workspace.yaml': 'packages:\n  - packages/*/*\n',
      'README.md': '# Root\n\n```ts\nconst a: number = 1\n```\n',
      ...packageFiles('core', 'tree', { license: 'MIT', engines: { node: '>=20.19' } }),
    }
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    const folder = join(root, '.cache', 'examples')
    const examples = writeExamples(root, folder)
    expect(examples.map(({ group, file }) => [group, file])).toEqual([
      ['documents', 'README.md'],
      ['packages/core/tree', 'packages/core/tree/README.md'],
      ['packages/core/tree', 'packages/core/tree/src/tree.ts'],
    ])
    expect(readFileSync(join(folder, 'README.md.line-4.ts'), 'utf8').split('\n')[3]).toBe('const a: number = 1')
    const tests = readdirSync(folder).filter((name) => name.endsWith('.test.ts'))
    expect(tests).toEqual(['documents.test.ts', 'packages-core-tree.test.ts'])
    expect(readFileSync(join(folder, tests[1]), 'utf8').match(/^it\(/gm)).toHaveLength(2)
    rmSync(root, { recursive: true })
  })
})
