import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

/** What a source imports when it is loaded, without types and without what it loads later. */
const importsOf = (path: string): readonly string[] =>
  [...readFileSync(path, 'utf8').matchAll(/^(?:import|export) (?!type )[^;]*? from '([^']+)'$/gm)].map(
    ([, specifier = '']) => specifier,
  )

it('loads nothing heavy before a command runs, so that --help starts fast', () => {
  const seen = new Set<string>()
  const packages = new Set<string>()
  const visit = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    for (const specifier of importsOf(path)) {
      if (specifier.startsWith('.')) visit(join(dirname(path), specifier))
      else if (!specifier.startsWith('node:')) packages.add(specifier)
    }
  }
  visit(join(import.meta.dirname, 'main.ts'))
  expect(seen.size).toBeGreaterThan(20)
  expect([...packages].sort()).toEqual(['@resfn/options', '@resfn/recipe/presets', '@stricli/core'])
})
