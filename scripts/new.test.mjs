// @ts-check
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { check } from './check.mjs'
import { create, problem } from './new.mjs'
import { root } from './run.mjs'
import { copyWorkspace } from './workspace-copy.mjs'

const toText = ({ file, rule, problem }) => `${file}: ${problem} [${rule}]`

describe.each([
  ['ops', 'fresh-op', 'freshOp', { file: 'packages/resfn/src/ops.ts', text: "export * from '@resfn/fresh-op'" }],
  [
    'train',
    'fresh-rule',
    'freshRule',
    { file: 'packages/resfn/src/index.ts', text: "export * as freshRule from '@resfn/fresh-rule'" },
  ],
])('a new package in %s', (group, name, main, line) => {
  let workspace
  let before

  beforeAll(() => {
    workspace = copyWorkspace()
    before = check(workspace.copy).map(toText)
    create(workspace.copy, group, name)
  })
  afterAll(() => workspace.remove())

  it('passes every rule of the house', () => {
    expect(
      check(workspace.copy)
        .map(toText)
        .filter((finding) => !before.includes(finding)),
    ).toEqual([])
  })

  it('is in the umbrella, in the references, in the README and in a changeset', () => {
    expect(workspace.read(line.file)).toContain(line.text)
    expect(JSON.parse(workspace.read('tsconfig.json')).references).toContainEqual({ path: `packages/${group}/${name}` })
    expect(JSON.parse(workspace.read('packages/resfn/tsconfig.json')).references).toContainEqual({
      path: `../${group}/${name}`,
    })
    expect(workspace.read('README.md')).toContain(`, [${name}](packages/${group}/${name}/README.md) |`)
    expect(workspace.read(`.changeset/new-${name}.md`)).toContain(`'@resfn/${name}': minor`)
  })

  it('exports its camelCase name', () => {
    expect(workspace.read(`packages/${group}/${name}/src/index.ts`)).toMatch(
      new RegExp(`^export \\{ (apply\\w+, )?${main} \\} from '\\./${name}\\.ts'\\n$`),
    )
  })

  it('passes its own tests', () => {
    workspace.install(`packages/${group}/${name}`)
    const { status, output } = workspace.vitest(`packages/${group}/${name}`)
    expect(output).toMatch(/Tests +[1-9]\d* passed/)
    expect(status).toBe(0)
  })

  it('is not made twice', () => {
    expect(problem(workspace.copy, group, name)).toBe(`packages/${group}/${name} exists already.`)
  })
})

describe('a package that cannot be', () => {
  it('is refused for an unknown group', () => {
    expect(problem(root, 'things', 'thing')).toMatch(/There is no group things\. The groups are core, ops/)
  })

  it('is refused for a name that is not kebab-case', () => {
    expect(problem(root, 'ops', 'dropPath')).toBe('dropPath is not a kebab-case name, like drop-path.')
    expect(existsSync(join(root, 'packages/ops/dropPath'))).toBe(false)
  })
})
