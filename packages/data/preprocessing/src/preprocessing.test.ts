import { expectTypeOf, it } from 'vitest'
import type { Pixels, Preprocessing } from './index.ts'

it('is plain data', () => {
  expectTypeOf<Preprocessing['cropMode']>().toEqualTypeOf<'center' | 'squash' | 'border'>()
  expectTypeOf<Pixels['channels']>().toEqualTypeOf<1 | 3 | 4>()
})
