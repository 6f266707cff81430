import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { memory } from '@tensorflow/tfjs-core'
import { either as E, function as F, taskEither as TE } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { nets } from '@resfn/archs'
import { torchvisionKeys } from '@resfn/archs/resnet/keys'
import { fileOf, importWeights, planImport, safetensorsWeights } from '@resfn/import'
import { formatShape, init } from '@resfn/layer'
import { key } from '@resfn/random'
import { decode, encode, type Safetensors, toFloat32 } from '@resfn/safetensors'
import { describeBackends } from '@resfn/test-utils'
import { dispose, flatten } from '@resfn/tree'
import { exportWeights, planExport, publishedView } from './index.ts'

const right = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

// vitest compares typed arrays element by element, which takes seconds.
const digestOf = (values: Uint8Array | Float32Array): string => createHash('sha256').update(values).digest('hex')

type Digests = { readonly [name: string]: { readonly count: number; readonly digest: string } }
const timm = (
  JSON.parse(readFileSync(new URL('./fixtures/timm-keys.json', import.meta.url), 'utf8')) as { readonly nets: Digests }
).nets

describe('the file of a net has the keys, dtypes and shapes that timm loads strictly', () => {
  it.each(Object.keys(nets).filter((name) => Object.hasOwn(timm, name)))('%s', (name) => {
    const { make, input, keys } = nets[name]!
    const map = keys?.['timm'] ?? Object.values(keys ?? {})[0] ?? torchvisionKeys
    const lines = planExport(make({ classes: 10 }).plan(input), map)
      .map((leaf) => `${leaf.key} ${leaf.dtype} ${formatShape(leaf.shape)}`)
      .sort()
    const digest = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16)
    expect({ count: lines.length, digest }).toEqual(timm[name])
  })

  it('leaves out no net that says it has the keys of timm, but for those whose names timm lacks', () => {
    const without = Object.entries(nets).filter(([name, { keys }]) => keys?.['timm'] && !Object.hasOwn(timm, name))
    const fast = ['1s1x64d', '2s1x64d', '4s1x64d', '1s2x40d', '2s2x40d'].map((form) => `resnest50_fast_${form}`)
    expect(without.map(([name]) => name)).toEqual(['densenet264', ...fast])
  })
})

const python = process.env['RESFN_PYTHON']

describe.skipIf(python === undefined)('the weights of timm, with RESFN_PYTHON', () => {
  const script = fileURLToPath(new URL('../../../../scripts/fixtures/weights.py', import.meta.url))
  const live = [
    'resnet18',
    'resnet50d',
    'seresnet50',
    'ecaresnet50d',
    'densenet121',
    'resnetv2_50',
    'resnest14d',
    'res2net50_14w_8s',
  ]

  it.each(live.filter((name) => Object.hasOwn(nets, name)))(
    '%s comes back bit for bit, and timm loads it strictly',
    async (name) => {
      const folder = mkdtempSync(join(tmpdir(), 'resfn-export-'))
      const [file, back] = [join(folder, 'a.safetensors'), join(folder, 'b.safetensors')]
      execFileSync(python!, [script, 'make', name, file], { stdio: 'pipe' })
      const { make, input, classes, keys: formats } = nets[name]!
      const keys = formats?.['timm'] ?? torchvisionKeys
      const plan = make({ classes }).plan(input)
      const weights = right(await safetensorsWeights(fileOf(new Uint8Array(readFileSync(file))))())
      const { leaves } = right(planImport(weights, { plan, input, keys, key: key(0) }))
      const values = new Map<string, Float32Array>()
      for (const leaf of leaves) values.set(leaf.name, right(await leaf.values()()))
      const tensors = planExport(plan, keys).map(
        (leaf) => [leaf.key, publishedView(leaf, leaf.name === undefined ? undefined : values.get(leaf.name))] as const,
      )
      writeFileSync(back, right(encode({ tensors })))
      const verified = execFileSync(python!, [script, 'verify', name, file, back], { encoding: 'utf8', stdio: 'pipe' })
      expect(verified).toContain(`${tensors.length} tensors are equal`)
      rmSync(folder, { recursive: true })
    },
    120_000,
  )
})

it.each([
  [65_519, undefined],
  [65_520, /fc\.weight holds 65520, and the largest number of F16 is 65504/],
  [-1e6, /fc\.weight holds -1000000/],
  [Number.POSITIVE_INFINITY, undefined],
] as const)('the number %d as F16', (value, message) => {
  const leaf = { key: 'fc.weight', shape: [1], dtype: 'F16', name: 'params.fc.weight' } as const
  const view = () => publishedView(leaf, new Float32Array([value]))
  if (message === undefined) expect(view().data).toEqual(new Uint8Array(value === 65_519 ? [255, 123] : [0, 124]))
  else expect(view).toThrow(message)
})

describeBackends('an exported net', () => {
  const { make } = nets['cifar-resnet8-b']!
  const net = make({ classes: 10 })
  const options = { input: [32, 32, 3], keys: torchvisionKeys }

  it('comes back bit for bit, and so does its file', async () => {
    const { params, state } = init(net, key(3), options.input)
    const file = right(await exportWeights(net, { params, state }, options)())
    const back = right(
      await F.pipe(
        safetensorsWeights(fileOf(file)),
        TE.flatMap((weights) => importWeights(net, weights, { ...options, key: key(0) })),
      )(),
    )
    const values = (tree: unknown) =>
      flatten(tree).map(({ path, leaf }) => [path, leaf.shape, digestOf(leaf.dataSync<'float32'>())])
    expect(values(back.params)).toEqual(values(params))
    expect(values(back.state)).toEqual(values(state))
    expect(digestOf(right(await exportWeights(net, back, options)()))).toBe(digestOf(file))
    dispose([params, state, back.params, back.state])
  })

  it('has its values in the order of PyTorch, and zero counters', async () => {
    const { params, state } = init(net, key(3), options.input)
    const { tensors, metadata }: Safetensors = right(
      decode(right(await exportWeights(net, { params, state }, options)())),
    )
    expect([...metadata]).toEqual([['format', 'pt']])
    const conv = flatten(params).find(({ path }) => path === 'conv1.weight')!.leaf
    const [ours, theirs] = [await conv.array(), tensors.get('conv1.weight')!]
    expect(theirs.shape).toEqual([16, 3, 3, 3])
    expect(right(toFloat32(theirs))[((5 * 3 + 2) * 3 + 1) * 3 + 0]).toBe((ours as number[][][][])[1]![0]![2]![5])
    expect(tensors.get('bn1.num_batches_tracked')).toEqual({ dtype: 'I64', shape: [], data: new Uint8Array(8) })
    dispose([params, state])
  })

  it('is rounded to halves where that is asked for, and counters stay what they are', async () => {
    const { params, state } = init(net, key(3), options.input)
    const whole = right(decode(right(await exportWeights(net, { params, state }, options)())))
    const half = right(decode(right(await exportWeights(net, { params, state }, { ...options, dtype: 'F16' })())))
    expect([...half.tensors.keys()]).toEqual([...whole.tensors.keys()])
    for (const [name, tensor] of whole.tensors) {
      const found = half.tensors.get(name)!
      expect(found.shape).toEqual(tensor.shape)
      expect(found.dtype).toBe(tensor.dtype === 'F32' ? 'F16' : 'I64')
      if (tensor.dtype !== 'F32') continue
      const [exact, rounded] = [right(toFloat32(tensor)), right(toFloat32(found))]
      for (let i = 0; i < exact.length; i++)
        expect(Math.abs(rounded[i]! - exact[i]!)).toBeLessThanOrEqual(
          Math.max(Math.abs(exact[i]!) * 2 ** -11, 2 ** -25),
        )
    }
    dispose([params, state])
  })

  it('leaves no tensor', async () => {
    const variables = init(net, key(3), options.input)
    const before = memory().numTensors
    await exportWeights(net, variables, options)()
    expect(memory().numTensors).toBe(before)
    dispose([variables.params, variables.state])
  })

  it('names the key that two leaves would have', async () => {
    const variables = init(net, key(3), options.input)
    const keys = [['bn1', 'bn2']] as const
    expect(await exportWeights(net, variables, { ...options, keys })()).toMatchObject({
      left: { _tag: 'DuplicateName', message: expect.stringContaining('"layer1.0.bn2.weight"') as string },
    })
    dispose([variables.params, variables.state])
  })
})
