import { lessons, readText } from '@resfn/lessons'
import { init, parse } from 'es-module-lexer'
import { expect, test } from 'vitest'
import { modules } from './modules.ts'

test.each(lessons.map(({ name }) => name))('code in the page can import what that of %s does', async (name) => {
  await init
  const [imports] = parse((await readText(name, 'en')).code)
  expect(imports.length).toBeGreaterThan(0)
  for (const { n } of imports) expect(Object.keys(modules)).toContain(n)
})
