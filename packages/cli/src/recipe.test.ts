import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createNet, nets as ours } from '@resfn/archs'
import { decodeCheckpoint, restoreVariables } from '@resfn/checkpoint'
import { key, normal } from '@resfn/random'
import { decode, encode, type TensorView, tensorView, toFloat32 } from '@resfn/safetensors'
import { dispose } from '@resfn/tree'
import { tensor } from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { filesOf } from './context/files.ts'
import { type Ran, resfn, temporaryFolder } from './fixtures/context.ts'
import { writeImages } from './fixtures/images.ts'
import { timmNames } from './run/export-recipe.ts'

const cwd = temporaryFolder()
const right = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}
const run = (args: string): Promise<Ran> => resfn(args.split(' '), { cwd })
const text = (...path: readonly string[]): string => readFileSync(join(cwd, ...path), 'utf8')
const tensorsOf = (...path: readonly string[]): ReadonlyMap<string, TensorView> =>
  right(decode(new Uint8Array(readFileSync(join(cwd, ...path))))).tensors

// Without chance in the images, so that the next step is the same here and there.
const still = '--data images --threads 1 --batch 12 --epochs 2 --no-flip --crop 0'
const sgd = `train --net resnet18 ${still} --lr 0.02 --pause-after 1 --out sgd`

beforeAll(async () => {
  writeImages(join(cwd, 'images'))
  expect(await run(sgd)).toMatchObject({ code: 0 })
  expect(await run('export sgd --recipe --out handed')).toMatchObject({ code: 0 })
}, 120_000)

describe('resfn export --recipe', () => {
  it('writes all that PyTorch needs to go on, and says how', async () => {
    const { stdout, code } = await run('export sgd --recipe --out again --json')
    expect(code).toBe(0)
    const names = [
      'weights.safetensors',
      'state.safetensors',
      'parameters.json',
      'data.safetensors',
      'train.py',
      'README.md',
    ]
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'recipe',
      net: 'resnet18',
      step: 5,
      files: names.map((name) => join(cwd, 'again', name)),
    })
    expect(text('again', 'README.md').trimEnd().split('\n')).toHaveLength(3)
    expect(text('again', 'train.py').split('\n').length).toBeLessThan(170)
    const state = tensorsOf('again', 'state.safetensors')
    // The second epoch is to begin: all of its images are left.
    expect(state.get('order')?.shape).toEqual([60])
    expect(state.get('momentum_buffer.layer1.0.conv1.weight')?.shape).toEqual([64, 64, 3, 3])
    expect(tensorsOf('again', 'data.safetensors').get('train.images')?.shape).toEqual([60, 28, 28, 1])
  })

  it('puts parameters that decay and learn alike into groups', async () => {
    expect(await run(`${sgd}-rates --rates stem=0.1;fc=10 --weight-decay 0.01`.replace('stem', 'conv1'))).toMatchObject(
      { code: 0 },
    )
    expect(await run('export sgd-rates --recipe --out rates')).toMatchObject({ code: 0 })
    type Group = { readonly names: readonly string[]; readonly decay: number; readonly factor: number }
    const groups = JSON.parse(text('rates', 'parameters.json')) as readonly Group[]
    const of = (name: string): unknown => {
      const { decay, factor } = groups.find(({ names }) => names.includes(name))!
      return { decay, factor }
    }
    expect(of('conv1.weight')).toEqual({ decay: 0.01, factor: 0.1 })
    expect(of('bn1.weight')).toEqual({ decay: 0, factor: 1 })
    expect(of('layer1.0.conv1.weight')).toEqual({ decay: 0.01, factor: 1 })
    expect(of('fc.bias')).toEqual({ decay: 0, factor: 10 })
  }, 60_000)

  it('names the nets that timm has with the same tensors', () => {
    const fixture = fileURLToPath(new URL('../../weights/export/src/fixtures/timm-keys.json', import.meta.url))
    const { nets } = JSON.parse(readFileSync(fixture, 'utf8')) as { readonly nets: object }
    expect(timmNames.toSorted()).toEqual(
      Object.keys(ours)
        .filter((name) => Object.hasOwn(nets, name))
        .toSorted(),
    )
  })

  it.each([
    ['train --net cifar-resnet8', '', 'timm has no cifar-resnet8, so there is no recipe for it'],
    [
      'train --net resnet18 --ema 0.9 --patience 3',
      '',
      'a recipe has no form for --ema, --patience, which the run was trained with',
    ],
    [
      'train --net resnet18',
      '--format timm',
      '--recipe has the keys and the batch normalisation of timm; leave out --format',
    ],
  ])(
    '%s %s is refused before anything is written',
    async (train, flags, message) => {
      const out = `${train} ${flags}`.replaceAll(/\W+/g, '-')
      const stopped = { interrupts: () => ({ signal: AbortSignal.abort('SIGINT'), release: () => {} }) }
      await resfn(`${train} ${still} --out ${out}`.split(' '), { cwd, ...stopped })
      const refused = await run(`export ${out} --recipe --out refused ${flags}`.trimEnd())
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(message) as string })
      expect(existsSync(join(cwd, 'refused'))).toBe(false)
    },
    60_000,
  )

  it('is refused for what is no training, or one that is over, and for a folder in use', async () => {
    const before = readdirSync(cwd)
    expect(await run('export fashion-mnist-resnet20 --recipe --out none')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is not a run, so there is no training to hand over') as string,
    })
    expect(await run('export sgd --recipe --out handed')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds something') as string,
    })
    expect(await run('export sgd --recipe --out handed.onnx')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('give it a name without an ending') as string,
    })
    expect(await run(`${sgd.replace('--pause-after 1 ', '').replace('--epochs 2', '--epochs 0')}-over`)).toMatchObject({
      code: 0,
    })
    expect(await run('export sgd-over --recipe --out none')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('all 0 epochs are done') as string,
    })
    expect(readdirSync(cwd)).toEqual([...before, 'sgd-over'].toSorted())
  }, 60_000)
})

const python = process.env['RESFN_PYTHON']

describe.skipIf(python === undefined)('PyTorch, with RESFN_PYTHON', () => {
  const script = fileURLToPath(new URL('../../../scripts/fixtures/recipe.py', import.meta.url))
  const environment = { ...process.env, OMP_NUM_THREADS: '1' }
  const say = (program: string, ...args: readonly string[]): string =>
    execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe', env: environment, timeout: 150_000 })

  /** The logits of eight images by a checkpoint of ours, and by PyTorch with the weights of a file. */
  const both = async (ours: string, folder: string, weights: string) => {
    const values = normal(key(3), 8 * 28 * 28)
    writeFileSync(join(cwd, 'x'), right(encode({ tensors: [['x', tensorView('F32', [8, 1, 28, 28], values)]] })))
    say(python!, script, folder, weights, 'x', 'y')
    const checkpoint = right(decodeCheckpoint(new Uint8Array(readFileSync(join(cwd, ours, 'checkpoint.safetensors')))))
    const net = createNet('resnet18', { classes: 10, channels: 1 })
    const variables = right(restoreVariables(checkpoint, { net, name: 'resnet18', input: [28, 28, 1] }))
    const found = net.apply(variables.params, tensor(values, [8, 28, 28, 1]), variables.state)
    const logits = await found.data<'float32'>()
    dispose([variables, found])
    return { here: logits, there: right(toFloat32(tensorsOf('y').get('y')!)) }
  }

  const difference = (a: Float32Array, b: Float32Array): number =>
    a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)

  it('gives the same logits before', async () => {
    const { here, there } = await both('sgd', 'handed', 'handed/weights.safetensors')
    expect(difference(here, there)).toBeLessThan(1e-4)
  }, 120_000)

  /** Goes on with a run for one step. */
  const stepped = async (name: string): Promise<void> => {
    const controller = new AbortController()
    const files = filesOf()
    const append: typeof files.append = async (path, content) => {
      await files.append(path, content)
      if (path.endsWith('log.jsonl')) controller.abort('SIGTERM')
    }
    const interrupts = () => ({ signal: controller.signal, release: () => {} })
    expect(await resfn(['train', '--resume', name], { cwd, files: { ...files, append }, interrupts })).toMatchObject({
      code: 143,
    })
  }

  it.each([
    ['sgd', sgd],
    [
      'adamw',
      `${sgd.replace('--out sgd', '--out adamw')} --optimiser adamw --lr 0.002 --schedule cosine --weight-decay 0.05`.replace(
        '--lr 0.02 ',
        '',
      ),
    ],
    [
      'adam',
      `${sgd.replace('--out sgd', '--out adam')} --optimiser adam --lr 0.002 --schedule milestones --balance --rates fc=2`.replace(
        '--lr 0.02 ',
        '',
      ),
    ],
  ])(
    'takes the next step as we do: %s',
    async (name, train) => {
      if (!existsSync(join(cwd, name))) expect(await run(train)).toMatchObject({ code: 0 })
      const [from, to] = [`${name}-from`, `${name}-to`]
      expect(await run(`export ${name} --recipe --out ${from}`)).toMatchObject({ code: 0 })
      const printed = say(python!, join(from, 'train.py'), '--steps', '1', '--out', `${name}.safetensors`)
      await stepped(name)
      expect(await run(`export ${name} --recipe --out ${to}`)).toMatchObject({ code: 0 })
      const [before, ours, theirs] = [
        tensorsOf(from, 'weights.safetensors'),
        tensorsOf(to, 'weights.safetensors'),
        tensorsOf(`${name}.safetensors`),
      ]
      let moved = 0
      for (const [tensorName, view] of ours) {
        if (view.dtype !== 'F32') continue
        const values = right(toFloat32(view))
        expect({
          tensorName,
          difference: difference(values, right(toFloat32(theirs.get(tensorName)!))) < 1e-4,
        }).toEqual({ tensorName, difference: true })
        moved = Math.max(moved, difference(values, right(toFloat32(before.get(tensorName)!))))
      }
      // It was a step.
      expect(moved).toBeGreaterThan(1e-3)
      const line = text(name, 'log.jsonl').trimEnd().split('\n').at(-1)!
      const { learningRate, loss } = JSON.parse(line) as { readonly learningRate: number; readonly loss: number }
      const [, step, theirLoss, rate] = /step (\d+) loss (\S+) rate (\S+)/.exec(printed) ?? []
      expect(Number(step)).toBe(6)
      expect(Math.abs(Number(rate) / learningRate - 1)).toBeLessThan(1e-5)
      expect(Math.abs(Number(theirLoss) - loss)).toBeLessThan(1e-3)
    },
    180_000,
  )

  it.each([
    ['mixed', '--data images --crop 2 --erasing 0.5 --mixup 0.2 --cutmix 1 --resize 32'],
    ['pictures', '--data images --scale 0.5 --rand-augment rand-m5'],
    [
      'photos',
      '--data photos --scale 0.5 --rand-augment rand-m9 --colour-jitter 0.2 --erasing 0.3 --balance --resize 32',
    ],
    ['still-photos', '--data photos --scale 0 --erasing 0.3 --resize 32'],
  ])(
    'changes images as the run does: %s',
    async (name, flags) => {
      for (const [label, of] of ['cat', 'dog'].entries())
        for (let i = 0; i < 6; i++) {
          const path = join(cwd, 'photos', of, `${i}.png`)
          mkdirSync(dirname(path), { recursive: true })
          const shade = { r: 90 * label + 5 * i, g: 80, b: 200 - 90 * label }
          await sharp({ create: { width: 40, height: 32, channels: 3, background: shade } }).toFile(path)
        }
      const interrupts = () => ({ signal: AbortSignal.abort('SIGINT'), release: () => {} })
      const train = `train --net resnet18 --batch 6 --epochs 1 --threads 1 ${flags} --out ${name}`
      expect(await resfn(train.split(' '), { cwd, interrupts })).toMatchObject({ code: 130 })
      expect(await run(`export ${name} --recipe --out ${name}-out`)).toMatchObject({ code: 0 })
      const printed = say(python!, join(`${name}-out`, 'train.py'), '--steps', '1', '--out', `${name}.safetensors`)
      expect(printed).toMatch(/^epoch 1\/1 step 1 loss \d+\.\d+ /m)
      expect(printed).toMatch(/^epoch 1\/1 test accuracy \d/m)
    },
    180_000,
  )

  it('trains under torchrun in two processes, and its weights come back with the same logits', async () => {
    const torchrun = join(dirname(python!), 'torchrun')
    const printed = say(
      torchrun,
      '--nproc-per-node',
      '2',
      '--master-port',
      '29517',
      'handed/train.py',
      '--out',
      'trained.safetensors',
    )
    expect(printed).toMatch(/epoch 2\/2 step 10 loss /)
    expect(printed).toMatch(/epoch 2\/2 test accuracy \d/)
    expect(
      await run('import trained.safetensors --net resnet18 --format timm --classes 10 --input 28x28x1 --out back'),
    ).toMatchObject({ code: 0 })
    const { here, there } = await both('back', 'handed', 'trained.safetensors')
    expect(difference(here, there)).toBeLessThan(1e-4)
    expect((await run('eval back --data images --normalise')).code).toBe(0)
  }, 180_000)
})
