import { either as E } from 'fp-ts'
import { expect, it } from 'vitest'
import { single } from './index.ts'

it('gives back what it was given, as copies', async () => {
  const collective = single()
  const values = Float32Array.of(1, -2.5)
  const bytes = Uint8Array.of(7, 8)
  const sum = await collective.allReduce(values, { wire: 'float16' })()
  expect(sum).toEqual(E.right(values))
  expect(E.isRight(sum) && sum.right).not.toBe(values)
  expect(collective.allReduceNow(values)).toEqual(E.right(values))
  expect(await collective.broadcast(bytes)()).toEqual(E.right(bytes))
  expect(await collective.allGather(bytes)()).toEqual(E.right([bytes]))
  expect(await collective.barrier()).toEqual(E.right(undefined))
})

it('has no other root than itself', async () => {
  expect(await single().broadcast(new Uint8Array(1), { root: 1 })()).toMatchObject({
    left: { _tag: 'RanksDiffer', message: 'there is no rank 1 among 1: choose a root from 0 to 0' },
  })
})

it('does nothing after it was closed, which may happen twice', async () => {
  const collective = single()
  await collective.close()
  await collective.close()
  expect(collective.allReduceNow(new Float32Array(1))).toMatchObject({ left: { _tag: 'Closed' } })
  expect(await collective.barrier()).toMatchObject({ left: { _tag: 'Closed' } })
})
