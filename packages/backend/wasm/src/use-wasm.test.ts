import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tfjsBinary } from './open-backend.ts'
import { tfjsVersion } from './tfjs-binary.generated.ts'
import { useWasm } from './use-wasm.ts'

// A training step in miniature: convolution, batch norm, pooling, their gradients, and an update.
const step = (weights: {
  readonly filter: tf.Tensor4D
  readonly dense: tf.Tensor2D
}): { filter: tf.Tensor4D; dense: tf.Tensor2D } =>
  tf.tidy(() => {
    const run = (name: string, inputs: { [name: string]: tf.Tensor }, attributes: object): tf.Tensor[] => {
      const outputs = tf.engine().runKernel(name, inputs, attributes as never) as tf.Tensor | tf.Tensor[]
      return Array.isArray(outputs) ? outputs : [outputs]
    }
    const x = tf.tensor4d(
      Float32Array.from({ length: 8 * 12 * 12 * 8 }, (_, i) => Math.sin(i)),
      [8, 12, 12, 8],
    )
    const geometry = { strides: [1, 1], pad: 1, dataFormat: 'NHWC', dilations: [1, 1] }
    const convolved = tf.conv2d(x, weights.filter, 1, 1)
    const [weight, bias] = [tf.ones([16]), tf.zeros([16])]
    const [normal, mean, variance] = run('BatchNormTrain', { x: convolved, weight, bias }, { epsilon: 1e-5 })
    const active = tf.relu(normal!)
    const pooled = tf.mean(active, [1, 2])
    const logits = tf.matMul(pooled as tf.Tensor2D, weights.dense)
    const dlogits = tf.sub(tf.softmax(logits), 0.25)
    const dense = tf.sub(weights.dense, tf.matMul(pooled as tf.Tensor2D, dlogits as tf.Tensor2D, true)) as tf.Tensor2D
    const dpooled = tf.div(tf.matMul(dlogits as tf.Tensor2D, weights.dense, false, true), 144)
    const [dnormal] = run(
      'ReluGrad',
      { dy: tf.add(tf.zeros(active.shape), tf.reshape(dpooled, [8, 1, 1, 16])), y: active },
      {},
    )
    const [dconvolved] = run(
      'BatchNormTrainGrad',
      { dy: dnormal!, x: convolved, weight, mean: mean!, variance: variance! },
      { epsilon: 1e-5 },
    )
    const [dfilter] = run(
      'Conv2DBackpropFilter',
      { x, dy: dconvolved! },
      { ...geometry, filterShape: weights.filter.shape },
    )
    const [dx] = run(
      'Conv2DBackpropInput',
      { dy: dconvolved!, filter: weights.filter },
      { ...geometry, inputShape: x.shape },
    )
    const filter = tf.sub(weights.filter, tf.add(tf.mul(dfilter!, 0.1), tf.mul(tf.mean(dx!), 0.1))) as tf.Tensor4D
    return { filter, dense }
  })

const train = (steps: number, each: (index: number) => void = () => {}): Float32Array => {
  let weights = {
    filter: tf.tensor4d(
      Float32Array.from({ length: 9 * 8 * 16 }, (_, i) => Math.cos(i) / 8),
      [3, 3, 8, 16],
    ),
    dense: tf.tensor2d(
      Float32Array.from({ length: 16 * 4 }, (_, i) => Math.cos(2 * i)),
      [16, 4],
    ),
  }
  for (let i = 0; i < steps; i++) {
    const next = step(weights)
    tf.dispose(weights)
    weights = next
    each(i)
  }
  const values = Float32Array.from(weights.filter.dataSync())
  tf.dispose(weights)
  return values
}

const heapLength = (): number => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.length

describe('useWasm', () => {
  it('makes the WASM backend current and names our kernels', async () => {
    const report = await useWasm({ threads: 2 })
    expect(tf.getBackend()).toBe('wasm')
    expect(report).toMatchObject({ backend: 'wasm', threads: 2 })
    expect(['relaxed', 'strict']).toContain(report.simd)
    for (const name of [
      'Conv2D',
      'Conv2DBackpropFilter',
      'Conv2DBackpropInput',
      'BatchNormTrain',
      'BatchNormTrainGrad',
      'ReluGrad',
      'MaxPoolGrad',
    ]) {
      expect(report.kernels).toContain(name)
      expect(tf.getKernel(name, 'wasm')).toBeDefined()
    }
    report.dispose()
    expect(tf.add(1, 2).dataSync()[0]).toBe(3)
  })

  it('may be called again with another number of threads', async () => {
    for (const threads of [1, 3, 1, 2]) {
      const report = await useWasm({ threads })
      expect(report.threads).toBe(threads)
      expect(train(1).every(Number.isFinite)).toBe(true)
      report.dispose()
    }
  })

  it('keeps living tensors when called again', async () => {
    await useWasm({ threads: 1 })
    const x = tf.tensor1d([1, 2, 3])
    const backend = tf.backend()
    const { dispose } = await useWasm({ threads: 2 })
    expect(tf.backend()).toBe(backend)
    expect([...tf.add(x, x).dataSync()]).toEqual([2, 4, 6])
    x.dispose()
    dispose()
  })

  it('starts anew after the backend was removed', async () => {
    await useWasm({ threads: 2 })
    tf.removeBackend('wasm')
    const { dispose } = await useWasm({ threads: 2 })
    expect(train(1).every(Number.isFinite)).toBe(true)
    dispose()
  })

  it('still works on one thread after dispose', async () => {
    const report = await useWasm({ threads: 2 })
    const before = train(2)
    report.dispose()
    expect(train(2)).toEqual(before)
  })

  it('does starts that overlap in turn: one backend, right sums', async () => {
    const { dispose } = await useWasm({ threads: 1 })
    const backend = tf.backend()
    const x = tf.ones([8, 32, 32, 8]) as tf.Tensor4D
    const filter = tf.ones([3, 3, 8, 8]) as tf.Tensor4D
    for (const asked of [
      [2, 3],
      [2, 2],
      [1, 3, 2],
    ]) {
      const reports = await Promise.all(asked.map((threads) => useWasm({ threads })))
      expect(reports.map(({ threads }) => threads)).toEqual(asked)
      expect(tf.backend()).toBe(backend)
      const sums = Array.from({ length: 10 }, () =>
        tf.tidy(() => tf.sum(tf.conv2d(x, filter, 1, 'same')).dataSync()[0]),
      )
      expect(new Set(sums)).toEqual(new Set([94 * 94 * 8 * 8 * 8]))
    }
    tf.dispose([x, filter])
    dispose()
  })

  it('starts one backend when two modules of a program ask for it at once', async () => {
    tf.removeBackend('wasm')
    const reports = await Promise.all([useWasm({ threads: 2 }), useWasm({ threads: 2 }), useWasm({ threads: 1 })])
    expect(reports.map(({ threads }) => threads)).toEqual([2, 2, 1])
    const before = tf.backend()
    await useWasm({ threads: 1 })
    expect(tf.backend()).toBe(before)
  })

  it('warns of more threads than cores', async () => {
    const cores = availableParallelism()
    const few = await useWasm({ threads: 1 })
    expect(few.warnings).toEqual([])
    const many = await useWasm({ threads: cores + 1 })
    expect(many.threads).toBe(cores + 1)
    expect(many.warnings).toEqual([expect.stringMatching(new RegExp(`^${cores + 1} threads share .* use ${cores}$`))])
    many.dispose()
  })

  it('refuses a number of threads that is not a positive integer', async () => {
    for (const threads of [0, -1, 1.5, Number.NaN, 65])
      await expect(useWasm({ threads })).rejects.toThrow(/threads must be an integer from 1 to 64/)
  })

  it('leaves the process its own handlers of uncaught errors', async () => {
    const count = (): readonly number[] => [
      process.listenerCount('uncaughtException'),
      process.listenerCount('unhandledRejection'),
    ]
    const before = count()
    ;(await useWasm({ threads: 1 })).dispose()
    expect(count()).toEqual(before)
  })

  for (const threads of [1, 2]) {
    it(`keeps the heap and the number of tensors constant over steps with ${threads} threads`, async () => {
      const { dispose } = await useWasm({ threads })
      const seen: { readonly heap: number; readonly tensors: number }[] = []
      train(8, () => seen.push({ heap: heapLength(), tensors: tf.memory().numTensors }))
      expect(seen.at(-1)).toEqual(seen[1])
      dispose()
    })

    it(`gives the same bits in every run with ${threads} threads`, async () => {
      const { dispose } = await useWasm({ threads })
      expect(train(3)).toEqual(train(3))
      dispose()
    })
  }

  it('works on after the heap has grown', async () => {
    const { dispose } = await useWasm({ threads: 2 })
    const before = train(2)
    const length = heapLength()
    const large = tf.zeros([(length * 2) / 4])
    expect(heapLength()).toBeGreaterThan(length)
    expect(train(2)).toEqual(before)
    // What lies beyond the old end is within reach of the other threads too.
    const x = tf.add(tf.zeros([16, 64, 64, 8]), 1)
    const dy = tf.add(tf.zeros([16, 32, 32, 16]), 1)
    const dw: tf.Tensor = tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, {
      strides: 2,
      pad: 'valid',
      dataFormat: 'NHWC',
      dilations: 1,
      filterShape: [2, 2, 8, 16],
    } as never)
    expect(new Set(dw.dataSync())).toEqual(new Set([16 * 32 * 32]))
    tf.dispose([x, dy, dw])
    large.dispose()
    dispose()
  })

  it('gives results within rounding of each other for 1 and 2 threads', async () => {
    const results: Float32Array[] = []
    for (const threads of [1, 2]) {
      const { dispose } = await useWasm({ threads })
      results.push(train(3))
      dispose()
    }
    for (const [i, value] of results[0]!.entries()) expect(Math.abs(value - results[1]![i]!)).toBeLessThan(1e-5)
  })
})

describe('the package in Node', () => {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const folder = `${root}node_modules/.cache/resfn-wasm-test/`
  const run = promisify(execFile)
  const script = async (name: string, body: string): Promise<string> => {
    const path = `${folder}${name}.mjs`
    await writeFile(
      path,
      `import * as tf from '@tensorflow/tfjs-core'\nimport { useWasm } from './node/index.js'\n${body}`,
    )
    return path
  }

  beforeAll(async () => {
    await mkdir(folder, { recursive: true })
    const shared = { configFile: false, root, logLevel: 'silent' } as const
    await build({
      ...shared,
      resolve: { conditions: ['@resfn/source', 'node'] },
      ssr: { resolve: { conditions: ['@resfn/source', 'node'] } },
      build: {
        ssr: 'src/index.ts',
        outDir: `${folder}node`,
        rollupOptions: { output: { entryFileNames: 'index.js' } },
      },
    })
    await build({
      ...shared,
      resolve: { conditions: ['@resfn/source', 'browser'] },
      build: {
        lib: { entry: 'src/index.ts', formats: ['es'], fileName: () => 'index.js' },
        outDir: `${folder}browser`,
        rollupOptions: { external: [/^@tensorflow\//] },
      },
    })
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('lets a script end by itself', async () => {
    const path = await script(
      'ends',
      `await useWasm({ threads: 2 })\nconsole.log(tf.sum(tf.ones([100, 1000])).dataSync()[0])`,
    )
    expect((await run(process.execPath, [path], { timeout: 20_000 })).stdout).toContain('100000')
  })

  it('has relaxed SIMD, also where V8 keeps it behind a flag, which is left as it was', async () => {
    // An engine validates the module only if it has relaxed SIMD: a function that multiplies and adds.
    const module = [0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0]
    const body = [32, 0, 32, 0, 32, 0, 253, 133, 2, 11]
    const path = await script(
      'relaxed',
      `const has = () => WebAssembly.validate(new Uint8Array([${[...module, ...body].join()}]))
const before = has()
const { simd, threads } = await useWasm({ threads: 2 })
const y = tf.conv2d(tf.ones([2, 40, 40, 8]), tf.ones([1, 1, 8, 24]), 1, 0)
console.log(JSON.stringify({ simd, threads, sum: tf.sum(y).dataSync()[0], unchanged: has() === before }))`,
    )
    const found = async (...flags: string[]): Promise<unknown> => {
      const { stdout } = await run(process.execPath, [...flags, path], { timeout: 20_000 })
      return JSON.parse(stdout.trim().split('\n').at(-1)!)
    }
    const right = { simd: 'relaxed', threads: 2, sum: 2 * 40 * 40 * 24 * 8, unchanged: true }
    expect(await found()).toEqual(right)
    if (process.versions.node.startsWith('20.'))
      expect(await found('--no-experimental-wasm-relaxed-simd')).toEqual({ ...right, simd: 'strict' })
  })

  it('runs on one thread, and says so, where the process may not start workers', async () => {
    const path = await script(
      'forbidden',
      `const { threads, warnings } = await useWasm({ threads: 2 })\nconsole.log(JSON.stringify({ threads, warnings, sum: tf.sum(tf.ones([100, 1000])).dataSync()[0] }))`,
    )
    const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
    const { stdout } = await run(process.execPath, [flag, '--allow-fs-read=*', '--no-warnings', path], {
      timeout: 20_000,
    })
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toEqual({
      threads: 1,
      sum: 100_000,
      warnings: [expect.stringMatching(/^one thread instead of 2: .*restricted/)],
    })
  })

  it('lets an uncaught error end a script with its message and exit code 1', async () => {
    const path = await script(
      'fails',
      `await useWasm({ threads: 2 })\nsetTimeout(() => { throw new Error('seen by the user') })`,
    )
    await expect(run(process.execPath, [path], { timeout: 20_000 })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('seen by the user'),
    })
  })

  it('puts no Node module into a browser bundle', async () => {
    const bundle = await readFile(`${folder}browser/index.js`, 'utf8')
    expect(bundle).toContain('useWasm')
    expect(bundle).not.toMatch(/node:|worker_threads|createRequire/)
  })
})

describe('tfjs-binary.generated.ts', () => {
  it('holds the binary of the installed @tensorflow/tfjs-backend-wasm', async () => {
    const { installed } = (await import(new URL('../scripts/embed-binary.mjs', import.meta.url).href)) as {
      installed: () => Promise<{ readonly version: string; readonly binary: Uint8Array }>
    }
    const { version, binary } = await installed()
    expect(tfjsVersion).toBe(version)
    expect(Buffer.compare(await tfjsBinary(), binary)).toBe(0)
  })
})

describe('the generated files', () => {
  it('are what assembly/ compiles to', async () => {
    const { generate } = (await import(new URL('../scripts/build-kernels.mjs', import.meta.url).href)) as {
      generate: () => Promise<Map<string, string>>
    }
    const texts = await generate()
    expect([...texts.keys()]).toEqual([
      'assembly/micro-kernels.generated.ts',
      'assembly/wide-kernels.generated.ts',
      'assembly/row-kernels.generated.ts',
      'src/routines.generated.ts',
      'src/kernels.generated.ts',
    ])
    for (const [name, text] of texts)
      expect(await readFile(new URL(`../${name}`, import.meta.url), 'utf8'), name).toBe(text)
  })
})
