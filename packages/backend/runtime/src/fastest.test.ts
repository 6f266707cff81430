import {
  findBackendFactory,
  getBackend,
  getKernelsForBackend,
  registerBackend,
  registerKernel,
  setBackend,
} from '@tensorflow/tfjs-core'
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import type { Adapter, Adapters } from './adapter.ts'
import { findFastest, type Found, type Search } from './fastest.ts'
import type { Measured, Memory } from './memory.ts'
import { stepTime } from './step-time.ts'

/** Plain JavaScript by another name. */
const named = (backendName: string, details = 'as it is'): Adapter => ({
  automatic: ['node'],
  packages: 'some-package',
  start: async () => {
    if (findBackendFactory(backendName) === null) {
      registerBackend(backendName, () => new MathBackendCPU())
      for (const kernel of getKernelsForBackend('cpu')) registerKernel({ ...kernel, backendName })
    }
    await setBackend(backendName)
    return { details }
  },
})

/** What a step takes is given: real ones depend on what else the machine does. */
const measure = async (): Promise<number> => (getBackend() === 'fast' ? 2 : 80)

const unwanted: Adapter = {
  automatic: ['node'],
  packages: 'some-package',
  start: () => Promise.reject(new Error('nobody asked for it')),
}

const inMemory = (): Memory & { readonly kept: Map<string, unknown> } => {
  const kept = new Map<string, unknown>()
  return { kept, read: async (key) => kept.get(key), write: async (key, value) => void kept.set(key, value) }
}

const find = async (adapters: Adapters, more: Partial<Search> = {}): Promise<Found> => {
  const search = {
    names: Object.keys(adapters),
    adapters,
    options: {},
    memory: inMemory(),
    cores: 2,
    measure,
    budget: 60_000,
  }
  const found = await findFastest({ ...search, ...more })
  if (E.isLeft(found)) throw new Error(JSON.stringify(found.left))
  return found.right
}

describe('findFastest', () => {
  const both = { slow: named('slow'), fast: named('fast') }

  it('takes the one whose block is fastest, says what the others take, and remembers it', async () => {
    const memory = inMemory()
    const { backend, tried, milliseconds } = await find(both, { memory })
    expect(backend).toBe('fast')
    expect(getBackend()).toBe('fast')
    expect(tried).toEqual([{ backend: 'slow', reason: 'slower here: 80 ms for a step of a block, fast takes 2.0 ms' }])
    expect(milliseconds).toEqual({ slow: 80, fast: 2 })
    const measured: Measured = { fastest: 'fast', details: 'as it is', milliseconds: { slow: 80, fast: 2 } }
    expect([...memory.kept.values()]).toEqual([measured])
  })

  it('starts only the one that it remembers, and looks again where that is another device', async () => {
    const memory = inMemory()
    await find(both, { memory })
    expect(await find({ ...both, slow: unwanted }, { memory })).toMatchObject({ backend: 'fast', tried: [] })
    const changed = { slow: unwanted, fast: named('fast', 'another device') }
    expect(await find(changed, { memory })).toMatchObject({ backend: 'fast', tried: [{ backend: 'slow' }] })
  })

  it('measures on another number of cores, and of other backends, for themselves', async () => {
    const memory = inMemory()
    await find(both, { memory })
    await find(both, { memory, cores: 4 })
    await find({ fast: both.fast, slow: both.slow }, { memory })
    expect(memory.kept.size).toBe(3)
  })

  it.each([
    ['nonsense', async () => ({ fastest: 'none' })],
    ['a text', async () => 'text'],
    ['a failure', () => Promise.reject(new Error('no disk'))],
  ])('measures anew where the memory gives %s, and lives with one that cannot be written', async (_, read) => {
    const memory = { read, write: () => Promise.reject(new Error('no disk')) }
    expect((await find(both, { memory })).backend).toBe('fast')
  })

  it('starts nothing more when the time is up', async () => {
    const memory = inMemory()
    const found = await find({ slow: both.slow, other: unwanted }, { memory, budget: 0 })
    expect(found).toMatchObject({ backend: 'slow', tried: [] })
    expect(found.milliseconds).toBeUndefined()
    expect(memory.kept.size).toBe(0)
  })

  it('measures nothing where one alone is not a last resort', async () => {
    const memory = inMemory()
    const found = await find({ slow: both.slow, last: { ...unwanted, lastResort: 'slow' } }, { memory })
    expect(found).toMatchObject({ backend: 'slow', tried: [] })
    expect(memory.kept.size).toBe(0)
  })

  it('passes over a backend that cannot train', async () => {
    const bare: Adapter = {
      ...unwanted,
      start: async () => {
        if (findBackendFactory('bare') === null) {
          registerBackend('bare', () => new MathBackendCPU())
          for (const name of ['Add', 'Identity', 'Cast'])
            registerKernel({
              ...getKernelsForBackend('cpu').find(({ kernelName }) => kernelName === name)!,
              backendName: 'bare',
            })
        }
        await setBackend('bare')
        return { details: '' }
      },
    }
    const { backend, tried } = await find({ bare, fast: both.fast }, { measure: stepTime })
    expect(backend).toBe('fast')
    expect(tried).toEqual([{ backend: 'bare', reason: expect.stringMatching(/^it cannot train: /) }])
  })
})
