import { expectTypeOf, it } from 'vitest'
import type { LoadedNet } from './index.ts'

it('says how images are prepared', () => {
  expectTypeOf<LoadedNet['preprocessing']['size']>().toEqualTypeOf<readonly [height: number, width: number]>()
})
