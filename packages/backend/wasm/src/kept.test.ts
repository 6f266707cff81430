import { describe, expect, it } from 'vitest'
import { keepBeside } from './kept.ts'

// A heap that only counts, and a backend whose data is freed at once.
const counted = (room: number) => {
  const living = new Set<number>()
  let next = 8
  const heap = {
    allocate: () => {
      living.add(next)
      return next++
    },
    free: (at: number) => void living.delete(at),
  }
  const backend = { disposeData: () => true }
  return { living, backend, keep: keepBeside(backend as never, heap, room) }
}

describe('what is kept beside tensor data', () => {
  it('is made at the third call and the same from then on', () => {
    const { keep } = counted(100)
    const data = {}
    const filled: number[] = []
    const call = (): number | undefined => keep(data, 'packed', 40, (at) => void filled.push(at))
    expect([call(), call()]).toEqual([undefined, undefined])
    const made = call()
    expect(made).toBeDefined()
    expect(call()).toBe(made)
    expect(filled).toEqual([made])
  })

  it('is freed with the data', () => {
    const { keep, backend, living } = counted(100)
    const [data, other] = [{}, {}]
    for (const one of [data, data, data, other, other, other]) keep(one, 'packed', 40, () => undefined)
    expect(living.size).toBe(2)
    ;(backend.disposeData as (data: object) => boolean)(data)
    expect(living.size).toBe(1)
  })

  it('takes no more than the room there is, and has it back when data is disposed', () => {
    const { keep, backend } = counted(100)
    const [first, second] = [{}, {}]
    const call = (data: object): number | undefined => keep(data, 'packed', 60, () => undefined)
    call(first)
    call(first)
    expect(call(first)).toBeDefined()
    call(second)
    call(second)
    expect(call(second)).toBeUndefined()
    ;(backend.disposeData as (data: object) => boolean)(first)
    expect(call(second)).toBeDefined()
  })

  it('is freed where it cannot be filled', () => {
    const { keep, living } = counted(100)
    const data = {}
    const call = (): unknown =>
      keep(data, 'packed', 40, () => {
        throw new Error('cannot')
      })
    expect([call(), call()]).toEqual([undefined, undefined])
    expect(call).toThrow('cannot')
    expect(living.size).toBe(0)
  })
})
