import {
  conv2d,
  getBackend,
  memory,
  ones,
  registerBackend,
  registerKernel,
  setBackend,
  sum,
  type Tensor4D,
} from '@tensorflow/tfjs-core'
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import {
  type Adapter,
  adapters,
  BackendError,
  type Chosen,
  chooseBackend,
  describeBackend,
  environment,
  type Memory,
  useBackend,
} from './index.ts'

const broken = (message: string): Adapter => ({
  automatic: ['node', 'browser'],
  packages: 'some-package',
  start: () => Promise.reject(new Error(message)),
})
const working: Adapter = {
  automatic: ['node'],
  packages: 'some-package',
  start: async () => {
    await setBackend('cpu')
    return { details: 'works', threads: 3 }
  },
}

const right = (result: E.Either<BackendError, Chosen>): Chosen => {
  if (E.isLeft(result)) throw result.left
  return result.right
}
const left = (result: E.Either<BackendError, Chosen>): BackendError => {
  if (E.isRight(result)) throw new Error(`chose ${result.right.backend}`)
  return result.left
}

describe('the automatic choice', () => {
  it('takes the WASM kernels of resfn in Node, with the threads asked for', async () => {
    const chosen = right(await chooseBackend('auto', { threads: 1 })())
    expect(chosen).toMatchObject({ backend: 'wasm', threads: 1, tried: [], reason: 'the fastest that works in Node' })
    expect(chosen.details).toMatch(/^1 thread, (relaxed )?SIMD, \d+ kernels of resfn$/)
    expect(getBackend()).toBe('wasm')
    chosen.dispose()
  })

  it('says as data what the bits of a run depend on', async () => {
    const chosen = right(await chooseBackend('auto', { threads: 1 })())
    expect(chosen).toMatchObject({ node: process.versions.node, threads: 1, warnings: [] })
    expect(chosen.simd).toBe(chosen.details.includes('relaxed') ? 'relaxed' : 'strict')
    chosen.dispose()
  })

  it('warns when it ends on plain JavaScript, and names the remedy', async () => {
    const chosen = right(
      await chooseBackend('auto', {
        adapters: { wasm: broken("Cannot find package '@resfn/wasm'"), cpu: adapters['cpu']! },
      })(),
    )
    expect(chosen).toMatchObject({ backend: 'cpu', warnings: [expect.stringContaining('slower than WASM')] })
    expect(describeBackend(chosen)).toMatch(
      /wasm not used: not installed: npm install some-package\nwarning: plain JavaScript/,
    )
    expect(right(await chooseBackend('cpu')()).warnings).toEqual([])
  })

  it('does not hide a wrong option behind the next backend', async () => {
    await setBackend('cpu')
    for (const threads of [65, 0, 1.5]) {
      const error = left(await chooseBackend('auto', { threads })())
      expect(error._tag).toBe('WrongOption')
      expect(error.message).toBe(`wasm: threads must be an integer from 1 to 64, got ${threads}`)
      expect(getBackend()).toBe('cpu')
    }
  })

  it('makes choices that overlap in turn: one device, right sums', async () => {
    const [one, two, three] = await Promise.all([
      chooseBackend('wasm', { threads: 2 })(),
      chooseBackend('auto', { threads: 3 })(),
      chooseBackend('wasm', { threads: 2 })(),
    ])
    expect([one, two, three].map((choice) => right(choice!).threads)).toEqual([2, 3, 2])
    const x = ones([8, 32, 32, 8]) as Tensor4D
    const filter = ones([3, 3, 8, 8]) as Tensor4D
    for (let i = 0; i < 10; i++) {
      const y = conv2d(x, filter, 1, 'same')
      expect(sum(y).dataSync()[0]).toBe(94 * 94 * 8 * 8 * 8)
      y.dispose()
    }
    for (const tensor of [x, filter]) tensor.dispose()
    right(three).dispose()
  })

  it('goes on when a backend does not start, and keeps the reason', async () => {
    const chosen = right(await chooseBackend('auto', { adapters: { first: broken('no GPU'), second: working } })())
    expect(chosen).toMatchObject({ backend: 'second', threads: 3, tried: [{ backend: 'first', reason: 'no GPU' }] })
    expect(describeBackend(chosen)).toBe(
      'backend second (works): the fastest that works in Node; first not used: no GPU',
    )
  })

  it('tries only what is for this place', async () => {
    const error = left(
      await chooseBackend('auto', { environment: 'browser', adapters: { first: broken('no GPU'), second: working } })(),
    )
    expect(error.tried).toEqual([{ backend: 'first', reason: 'no GPU' }])
  })

  it('passes over a backend that is unfit, which by name is used', async () => {
    const start: Adapter['start'] = async (options) => ({
      ...(await working.start(options)),
      unfit: 'draws in software',
    })
    const adapters = { slow: { ...working, start }, fast: working }
    expect(right(await chooseBackend('auto', { adapters })()).tried).toEqual([
      { backend: 'slow', reason: 'draws in software' },
    ])
    expect(right(await chooseBackend('slow', { adapters })()).backend).toBe('slow')
  })

  it('takes what was fastest at an earlier start, by measurement', async () => {
    const milliseconds = { first: 9, second: 2 }
    const memory: Memory = {
      read: async () => ({ fastest: 'second', details: 'works', milliseconds }),
      write: async () => {},
    }
    const chosen = right(await chooseBackend('auto', { adapters: { first: working, second: working }, memory })())
    expect(chosen).toMatchObject({
      backend: 'second',
      tried: [],
      reason: 'the fastest by measurement in Node',
      milliseconds,
    })
  })

  it('in a browser prefers webgl, whatever the reason it does not work here', async () => {
    const chosen = right(await chooseBackend('auto', { environment: 'browser', threads: 1 })())
    expect(chosen.tried.map(({ backend }) => backend)).toEqual(['webgl', 'webgpu'])
    expect(chosen.tried[1]!.reason).toMatch(/^(WebGPU gives no adapter: |it computes in software )/)
    expect(chosen.backend).toBe('wasm')
    chosen.dispose()
  })
})

describe('a choice by name', () => {
  it('tries names in their order', async () => {
    const chosen = right(await chooseBackend(['first', 'cpu'], { adapters: { ...adapters, first: broken('no') } })())
    expect(chosen).toMatchObject({ backend: 'cpu', reason: 'the first of those asked for that works' })
  })

  it('tells what to install', async () => {
    const missing = async (): Promise<never> => {
      const name: string = 'a-package-that-nobody-installed'
      return import(name) as Promise<never>
    }
    const node = left(await chooseBackend('mine', { adapters: { mine: { ...working, start: missing } } })())
    expect(node.message).toContain('mine: not installed: npm install some-package')
    const vite = left(
      await chooseBackend('mine', {
        adapters: { mine: broken('Could not resolve "x" imported by "y". Is it installed?') },
      })(),
    )
    expect(vite.tried[0]!.reason).toBe('not installed: npm install some-package')
  })

  it('names the known ones for an unknown one', async () => {
    const error = left(await chooseBackend('wgpu')())
    expect(error).toMatchObject({
      _tag: 'UnknownBackend',
      message:
        'there is no backend "wgpu"; those known are native, webgl, webgpu, wasm, cpu, or auto to have one chosen',
    })
  })

  it('leaves the backend of before when none works, and lists all that was tried', async () => {
    await setBackend('cpu')
    const error = left(
      await chooseBackend(['a', 'b'], { adapters: { a: broken('no GPU\nat somewhere'), b: broken('no luck') } })(),
    )
    expect(error).toBeInstanceOf(BackendError)
    expect(error._tag).toBe('NoBackend')
    expect(error.message).toBe(
      'no backend works here; tried:\n  a: no GPU\n  b: no luck\nask for auto to have one chosen that works',
    )
    expect(getBackend()).toBe('cpu')
  })

  it('gives the reason of the WASM backend for an impossible number of threads', async () => {
    expect(left(await chooseBackend('wasm', { threads: 0 })()).message).toContain(
      'threads must be an integer from 1 to 64, got 0',
    )
  })

  it('refuses a backend that lacks the precision of float32', async () => {
    registerBackend('half', () => new MathBackendCPU())
    // 1 + 2^-20 in 16 bits.
    registerKernel({
      kernelName: 'Add',
      backendName: 'half',
      kernelFunc: ({ backend }) => (backend as MathBackendCPU).makeTensorInfo([], 'float32', new Float32Array([1])),
    })
    const half: Adapter = {
      ...working,
      start: async () => ((await setBackend('half')) ? { details: '16 bits' } : Promise.reject(new Error('no'))),
    }
    const error = left(await chooseBackend('half', { adapters: { half } })())
    expect(error.tried[0]!.reason).toBe('it computes 1 + 2^-20 = 1, so it lacks the precision of float32')
    const inference = right(await chooseBackend('half', { adapters: { half }, purpose: 'inference' })())
    expect(inference.warnings).toEqual([
      'it computes 1 + 2^-20 = 1, so it lacks the precision of float32: predictions differ, and training would fail',
    ])
  })

  it('leaves no tensor behind', async () => {
    await setBackend('cpu')
    const before = memory().numTensors
    right(await chooseBackend('cpu')())
    expect(memory().numTensors).toBe(before)
  })
})

describe('useBackend', () => {
  it('reports one line and gives what was chosen', async () => {
    const lines: string[] = []
    const chosen = await useBackend('cpu', { report: (line) => lines.push(line) })
    expect(chosen.backend).toBe('cpu')
    expect(lines).toEqual([describeBackend(chosen)])
  })

  it('throws the error that lists all that was tried', async () => {
    await expect(useBackend('a', { adapters: { a: broken('no') }, report: () => {} })).rejects.toThrow(/a: no/)
  })
})

it('knows Node', () => {
  expect(environment()).toBe('node')
})
