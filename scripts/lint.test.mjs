// @ts-check
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const bad = {
  'fp-ts-sub-path': [
    "import { left } from 'fp-ts/Either'\nexport const l: unknown = left\n",
    'eslint(no-restricted-imports)',
  ],
  'default-export': ['export default 1\n', 'import(no-default-export)'],
  random: ['export const r: number = Math.random()\n', 'eslint(no-restricted-properties)'],
  any: ['export const a = (x: any): number => x\n', 'typescript(no-explicit-any)'],
  interface: ['export interface Params { readonly weight: number }\n', 'typescript(consistent-type-definitions)'],
  'value-import-of-a-type': [
    "import { Layer } from '@resfn/layer'\nexport type L = Layer<number>\n",
    'typescript(consistent-type-imports)',
  ],
  console: ["export const f = (): void => console.log('x')\n", 'eslint(no-console)'],
  'loose-equality': ['export const e = (a: number, b: number): boolean => a == b\n', 'eslint(eqeqeq)'],
  buffer: ['export const b: unknown = Buffer.from([1])\n', 'eslint(no-restricted-globals)'],
  'focused.test': [`import { it } from 'vitest'\nit.${'only'}('works', () => {})\n`, 'vitest(no-focused-tests)'],
  'disabled.test': [`import { it } from 'vitest'\nit.${'skip'}('works', () => {})\n`, 'vitest(no-disabled-tests)'],
}

let folder
let found
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'resfn-lint-'))
  const source = join(folder, 'packages', 'ops', 'bad', 'src')
  mkdirSync(source, { recursive: true })
  cpSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
  for (const [name, [text]] of Object.entries(bad)) writeFileSync(join(source, `${name}.ts`), text)
  writeFileSync(
    join(source, 'good.ts'),
    "import { either } from 'fp-ts'\n\nexport const absent = (x: unknown): boolean => x == null\nexport const none: unknown = either.left('none')\n",
  )
  const { stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', 'oxlint', 'bin', 'oxlint'), '--format=json'],
    { cwd: folder, encoding: 'utf8' },
  )
  found = JSON.parse(stdout).diagnostics.map(({ filename, code }) => [filename.split(/[\\/]/).pop(), code])
})
afterAll(() => rmSync(folder, { recursive: true }))

it.each(Object.entries(bad))('lint refuses %s', (name, [, rule]) => {
  expect(found).toContainEqual([`${name}.ts`, rule])
})

it('lint accepts fp-ts itself and the comparison with null', () => {
  expect(found.filter(([file]) => file === 'good.ts')).toEqual([])
})
