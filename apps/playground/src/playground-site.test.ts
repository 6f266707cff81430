import { expect, it } from 'vitest'
import { playgroundSite } from './index.ts'

it('lies beside the code, of the sources and of the package alike', () => {
  expect(playgroundSite.href).toBe(new URL('../dist/site/', import.meta.url).href)
})
