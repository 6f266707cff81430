import { expect, test, vi } from 'vitest'
import { useWasm } from './use-wasm.ts'

test('in Deno, whose worker threads do not answer, it runs on one thread and says so where more are asked for', async () => {
  vi.stubGlobal('Deno', {})
  expect(await useWasm()).toMatchObject({ threads: 1, warnings: [] })
  expect(await useWasm({ threads: 2 })).toMatchObject({
    threads: 1,
    warnings: ['one thread instead of 2: Deno does not start them'],
  })
})
