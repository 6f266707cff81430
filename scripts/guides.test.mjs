// @ts-check
// Follows the guides that make packages, in one copy of the workspace: their commands, their files, their tests.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { check, fix } from './check.mjs'
import { stepsOf } from './examples.mjs'
import { create } from './new.mjs'
import { root } from './run.mjs'
import { copyWorkspace } from './workspace-copy.mjs'

const guides = ['add-an-op', 'add-a-block']
const steps = guides.flatMap((name) => stepsOf(readFileSync(join(root, 'docs', 'guides', `${name}.md`), 'utf8')))
const toText = ({ file, rule, problem }) => `${file}: ${problem} [${rule}]`

/** The commands of the guides that change files; the others are what the tests below run. */
const follow = (copy, command) => {
  const [, group, name] = /^pnpm new (\S+) (\S+)$/.exec(command) ?? []
  if (group !== undefined) create(copy, group, name)
  if (command === 'pnpm check --fix') fix(copy)
}

let workspace
let before
beforeAll(() => {
  workspace = copyWorkspace()
  before = check(workspace.copy).map(toText)
  for (const { path, text, command } of steps) {
    if (path !== undefined) writeFileSync(join(workspace.copy, path), text)
    else follow(workspace.copy, command)
  }
})
afterAll(() => workspace?.remove())

const made = steps.flatMap(({ command }) => {
  const [, group, name] = /^pnpm new (\S+) (\S+)$/.exec(command ?? '') ?? []
  return name === undefined ? [] : [`packages/${group}/${name}`]
})

describe('the guides', () => {
  it('make a package each, with their own sources and tests', () => {
    expect(made).toHaveLength(guides.length)
    for (const dir of made)
      expect(steps.filter(({ path }) => path?.startsWith(dir)).map(({ path }) => path)).toEqual(
        expect.arrayContaining([`${dir}/package.json`, `${dir}/src/index.ts`]),
      )
  })

  it('end in packages that keep all rules of the house', () => {
    const found = check(workspace.copy).map(toText)
    expect(found.filter((finding) => !before.includes(finding))).toEqual([])
  })

  it('say which tests to run', () => {
    const commands = steps.flatMap(({ command }) => command ?? [])
    expect(commands).toEqual(expect.arrayContaining(made.map((dir) => `pnpm vitest run ${dir}`)))
  })

  it('have code of the right types, whose tests pass', () => {
    for (const dir of made) workspace.install(dir)
    const config = { extends: './tsconfig.test.json', include: made.map((dir) => `${dir}/src/**/*.ts`) }
    writeFileSync(join(workspace.copy, 'tsconfig.guides.json'), JSON.stringify(config))
    expect(workspace.types('tsconfig.guides.json')).toMatchObject({ stdout: '', status: 0 })
    const { status, output } = workspace.vitest(...made)
    expect(output).toMatch(new RegExp(`Test Files +${guides.length} passed`))
    expect(status).toBe(0)
  })
})
