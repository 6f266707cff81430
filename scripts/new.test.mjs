// @ts-check
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { check } from './check.mjs'
import { create, problem } from './new.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const skipped = new Set(['node_modules', 'dist', '.git', '.cache', '.turbo', 'runs'])
const toText = ({ file, rule, problem }) => `${file}: ${problem} [${rule}]`
const link = (target, path) => {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(realpathSync(target), path)
}

describe.each([
  ['ops', 'fresh-op', 'freshOp', { file: 'packages/resfn/src/ops.ts', text: "export * from '@resfn/fresh-op'" }],
  [
    'train',
    'fresh-rule',
    'freshRule',
    { file: 'packages/resfn/src/index.ts', text: "export * as freshRule from '@resfn/fresh-rule'" },
  ],
])('a new package in %s', (group, name, main, line) => {
  let copy
  let before
  const read = (path) => readFileSync(join(copy, path), 'utf8')

  beforeAll(() => {
    copy = realpathSync(mkdtempSync(join(tmpdir(), 'resfn-new-')))
    cpSync(root, copy, { recursive: true, filter: (path) => !skipped.has(path.split(/[\\/]/).pop() ?? '') })
    link(join(root, 'node_modules'), join(copy, 'node_modules'))
    before = check(copy).map(toText)
    create(copy, group, name)
  })
  afterAll(() => rmSync(copy, { recursive: true, force: true }))

  it('passes every rule of the house', () => {
    expect(
      check(copy)
        .map(toText)
        .filter((finding) => !before.includes(finding)),
    ).toEqual([])
  })

  it('is in the umbrella, in the references and in a changeset', () => {
    expect(read(line.file)).toContain(line.text)
    expect(JSON.parse(read('tsconfig.json')).references).toContainEqual({ path: `packages/${group}/${name}` })
    expect(JSON.parse(read('packages/resfn/tsconfig.json')).references).toContainEqual({ path: `../${group}/${name}` })
    expect(read(`.changeset/new-${name}.md`)).toContain(`'@resfn/${name}': minor`)
  })

  it('exports its camelCase name', () => {
    expect(read(`packages/${group}/${name}/src/index.ts`)).toMatch(
      new RegExp(`^export \\{ (apply\\w+, )?${main} \\} from '\\./${name}\\.ts'\\n$`),
    )
  })

  it('passes its own tests', () => {
    // What `pnpm install` would link.
    const modules = join(copy, 'packages', group, name, 'node_modules')
    link(join(root, 'packages/core/layer'), join(modules, '@resfn/layer'))
    link(join(root, 'packages/core/layer/node_modules/@tensorflow/tfjs-core'), join(modules, '@tensorflow/tfjs-core'))
    const vitest = spawnSync(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', `packages/${group}/${name}`],
      { cwd: copy, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined } },
    )
    expect(vitest.stdout + vitest.stderr).toMatch(/Tests +[1-9]\d* passed/)
    expect(vitest.status).toBe(0)
  })

  it('is not made twice', () => {
    expect(problem(copy, group, name)).toBe(`packages/${group}/${name} exists already.`)
  })
})

describe('a package that cannot be', () => {
  it('is refused for an unknown group', () => {
    expect(problem(root, 'nets', 'thing')).toMatch(/There is no group nets\. The groups are core, ops/)
  })

  it('is refused for a name that is not kebab-case', () => {
    expect(problem(root, 'ops', 'dropPath')).toBe('dropPath is not a kebab-case name, like drop-path.')
    expect(existsSync(join(root, 'packages/ops/dropPath'))).toBe(false)
  })
})
