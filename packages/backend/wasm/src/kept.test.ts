import { describe, expect, it } from 'vitest'
import { OutOfMemoryError } from './errors.ts'
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
    whenFull: (use: () => boolean) => {
      full = use
    },
  }
  let full = (): boolean => false
  const backend = { disposeData: () => true }
  return { living, backend, heap, full: () => full(), keep: keepBeside(backend as never, heap, () => room) }
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

  it('is freed where the heap is full, but for what a kernel may be reading', () => {
    const { keep, full, living } = counted(100)
    const [first, second] = [{}, {}]
    const call = (data: object): number | undefined => keep(data, 'packed', 40, () => undefined)
    for (const one of [first, first, first, second, second]) call(one)
    const read = call(second)
    expect(full()).toBe(true)
    expect([...living]).toEqual([read])
    expect(full()).toBe(false)
    // It counts from the start again, and the room is there.
    expect([call(first), call(first)]).toEqual([undefined, undefined])
    expect(call(first)).toBeDefined()
    expect(call(second)).toBe(read)
  })

  it('is not kept where the heap has no room, and other errors are thrown', () => {
    const { keep, heap, living } = counted(100)
    const data = {}
    const call = (): number | undefined => keep(data, 'packed', 40, () => undefined)
    call()
    call()
    const { allocate } = heap
    heap.allocate = () => {
      throw new OutOfMemoryError({ bytes: 40, usedBytes: 1, heapBytes: 1, limitBytes: 1 })
    }
    expect(call()).toBeUndefined()
    heap.allocate = () => {
      throw new Error('broken')
    }
    expect(call).toThrow('broken')
    heap.allocate = allocate
    expect(call()).toBeDefined()
    expect(living.size).toBe(1)
  })
})
