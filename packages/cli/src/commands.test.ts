import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nets } from '@resfn/archs'
import sharp, { type Sharp } from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { filesOf } from './context/files.ts'
import { resfn, temporaryFolder } from './fixtures/context.ts'
import { writeImages } from './fixtures/images.ts'

const json = (text: string): { readonly [name: string]: unknown } =>
  JSON.parse(text) as { readonly [name: string]: unknown }

describe('the command line', () => {
  it('shows help and version', async () => {
    expect(await resfn(['--version'])).toMatchObject({ stdout: '1.2.3\n', code: 0 })
    const { stdout, code } = await resfn(['--help'])
    expect(code).toBe(0)
    for (const command of 'train sweep eval predict embed similar explain summary graph bench nets page import export data doctor'.split(
      ' ',
    ))
      expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
    expect((await resfn(['train', '--help'])).stdout).toMatch(/d2l-resnet18 +ResNet-18 as in/)
  })

  it.each([
    [['sumary', 'cifar-resnet20'], 'summary'],
    [['summary', 'cifar-resnet20', '--dept', '2'], '--depth'],
    [['summary'], 'net'],
    [['summary', 'cifar-resnet20', '--depth', '0'], 'give a whole number from 1'],
    [['summary', 'cifar-resnet20', '--input', '1x2x3x4'], 'give the shape of one sample'],
    [['train', '--lr', '-1'], 'give a number above 0'],
    [['train', '--schedule', 'linear'], 'linear'],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { stdout, stderr, code } = await resfn(args)
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 })
    expect(stderr).toContain(message)
  })

  it('prints an error once, without its stack, and with --debug with it', async () => {
    const plain = await resfn(['summary', 'cifar-resnet21'])
    expect(plain).toEqual({
      stdout: '',
      stderr:
        'resfn: there is no net "cifar-resnet21"; did you mean cifar-resnet20, cifar-resnet8, cifar-resnet14 or cifar-resnet32? (see resfn nets)\n',
      code: 2,
    })
    expect((await resfn(['summary', 'cifar-resnet21', '--debug'])).stderr).toMatch(/nearest\.ts:\d+/)
  })

  it('prints an error as JSON too', async () => {
    const { stdout, code } = await resfn(['summary', 'cifar-resnet21', '--json'])
    expect(json(stdout)).toEqual({
      error: { tag: 'Usage', message: expect.stringContaining('cifar-resnet21') as string },
    })
    expect(code).toBe(2)
  })
})

describe('summary', () => {
  it('shows a net as a table', async () => {
    const { stdout, code } = await resfn(['summary', 'd2l-resnet18', '--input', '1x224x224'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^layer1 +repeat +\[56,56,64\]/m)
    expect(stdout).toMatch(/^layer4 +repeat +\[7,7,512\]/m)
    expect(stdout).toContain('11,178,378 parameters (and 7,808 running statistics)')
  })

  it('goes as deep as asked', async () => {
    const lines = async (depth: string): Promise<number> =>
      (await resfn(['summary', 'cifar-resnet20', '--depth', depth])).stdout.split('\n').length
    expect(await lines('2')).toBeGreaterThan(await lines('1'))
    expect(await lines('4')).toBeGreaterThan(await lines('2'))
  })

  it('gives one JSON document', async () => {
    const { stdout, stderr } = await resfn(['summary', 'lenet-bn', '--json'])
    expect(stderr).toBe('')
    const { layers, ...rest } = json(stdout)
    expect(rest).toEqual({
      net: 'lenet-bn',
      description: nets['lenet-bn']!.description,
      input: [28, 28, 1],
      output: [10],
      params: 44878,
      buffers: 452,
      macs: 281640,
    })
    expect(layers).toContainEqual({ path: 'fc3', kind: 'dense', depth: 0, output: [10], params: 850, macs: 840 })
  })

  it('takes other classes, and says which layer cannot take an input', async () => {
    expect(json((await resfn(['summary', 'cifar-resnet20', '--classes', '100', '--json'])).stdout)).toMatchObject({
      output: [100],
    })
    expect(await resfn(['summary', 'cifar-resnet20', '--input', '10'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^resfn: conv1: /) as string,
    })
  })
})

describe('nets', () => {
  it('lists every net with its size', async () => {
    const list = json((await resfn(['nets', '--json'])).stdout)['nets'] as readonly {
      readonly name: string
      readonly params: number
    }[]
    expect(list.map(({ name }) => name)).toEqual(Object.keys(nets))
    expect(list.find(({ name }) => name === 'cifar-resnet20')?.params).toBe(269722)
    expect((await resfn(['nets'], { columns: () => 160 })).stdout.split('\n').length).toBe(list.length + 2)
  })
})

describe('doctor', () => {
  it('says what works here', async () => {
    const { stdout, code } = await resfn(['doctor', '--json'])
    expect(code).toBe(0)
    expect(json(stdout)).toMatchObject({
      healthy: true,
      chosen: 'wasm',
      cores: 2,
      node: { supported: true },
      data: { kind: 'subset' },
    })
    const { backends } = json(stdout) as {
      readonly backends: readonly {
        readonly backend: string
        readonly works: boolean
        readonly details: string
        readonly milliseconds?: number
      }[]
    }
    expect(backends.find(({ backend }) => backend === 'wasm')?.milliseconds).toBeGreaterThan(0)
    expect(Object.fromEntries(backends.map(({ backend, works }) => [backend, works]))).toEqual({
      // It works where somebody has built its addon.
      native: expect.any(Boolean) as boolean,
      webgl: false,
      webgpu: false,
      wasm: true,
      cpu: true,
    })
    const native = backends.find(({ backend }) => backend === 'native')
    expect(native?.details).toMatch(/^TensorFlow 2|: resfn setup native --libtensorflow|run resfn setup native again/)
    const text = (await resfn(['doctor'])).stdout
    expect(text).toContain('all is well: resfn train uses wasm')
    expect(text.replaceAll(/\s+/g, ' ')).toMatch(
      /backend wasm works: .* \d+\.\d ms for a step of a residual block backend cpu works: plain JavaScript, slow/,
    )
    expect(text).toMatch(/^To get what is missing:\n {2}resfn data fetch {2}all 70,000 images/m)
  })

  it('finds an old Node', async () => {
    const { stdout, code } = await resfn(['doctor'], { versions: { resfn: '1.2.3', node: '18.20.0', tfjs: '4.22.0' } })
    expect(stdout).toContain('18.20.0, too old: 20.19 or later is needed')
    expect(stdout).toMatch(/^ {2}nvm install 22 +a newer Node/m)
    expect(code).toBe(1)
  })
})

describe('data', () => {
  it('verifies the images that come with resfn', async () => {
    const { stdout, code } = await resfn(['data', 'verify', '--json'])
    expect(code).toBe(0)
    expect(json(stdout)).toMatchObject({
      source: { kind: 'subset' },
      train: 10000,
      test: 2000,
      known: 'the part of Fashion-MNIST that comes with resfn',
    })
  })

  it('takes --data, then RESFN_DATA, then the cache, then the subset', async () => {
    const cwd = temporaryFolder()
    const one = writeImages(join(cwd, 'one'), { train: 10 })
    const cached = join(cwd, 'cache')
    const two = writeImages(join(cached, 'fashion-mnist'), { train: 20 })
    const source = async (
      args: readonly string[],
      env: { readonly [name: string]: string },
      cache: string,
    ): Promise<unknown> => {
      const { source: found, train } = json(
        (
          await resfn(['data', 'verify', '--json', ...args], {
            cwd,
            env,
            cacheFolder: async (name) => join(cache, name),
          })
        ).stdout,
      )
      return [found, train]
    }
    expect(await source(['--data', 'one'], { RESFN_DATA: two }, cached)).toEqual([
      { kind: 'folder', folder: one, reason: 'as asked' },
      10,
    ])
    expect(await source([], { RESFN_DATA: 'one' }, cached)).toEqual([
      { kind: 'folder', folder: one, reason: 'RESFN_DATA' },
      10,
    ])
    expect(await source([], {}, cached)).toEqual([{ kind: 'cache', folder: two, reason: 'fetched before' }, 20])
    expect(await source([], {}, join(cwd, 'none'))).toMatchObject([{ kind: 'subset' }, 10000])
    expect(await source(['--data', 'subset'], { RESFN_DATA: two }, cached)).toEqual([
      { kind: 'subset', reason: 'as asked' },
      10000,
    ])
  })

  it('says that images are not those that were published', async () => {
    const cwd = temporaryFolder()
    writeImages(join(cwd, 'mine'))
    expect((await resfn(['data', 'verify', '--data', 'mine'], { cwd })).stdout).toContain(
      'not those that were published',
    )
  })

  it('names a folder that is not there, and a file that is damaged', async () => {
    const cwd = temporaryFolder()
    expect(await resfn(['data', 'verify', '--data', 'nowhere'], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`there is no folder ${join(cwd, 'nowhere')}`) as string,
    })
    writeFileSync(join(writeImages(join(cwd, 'bad')), 't10k-labels-idx1-ubyte'), 'no labels')
    expect(await resfn(['data', 'verify', '--data', 'bad'], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('t10k-labels-idx1-ubyte') as string,
    })
  })

  it('shows images of each class in a picture', async () => {
    const cwd = temporaryFolder()
    const { stdout, code } = await resfn(['data', 'show', '--out', 'sheet.png', '--columns', '4', '--split', 'test'], {
      cwd,
    })
    expect({ stdout, code }).toEqual({ stdout: 'sheet.png\n', code: 0 })
    const { data, info } = await sharp(join(cwd, 'sheet.png')).raw().toBuffer({ resolveWithObject: true })
    expect(info).toMatchObject({ width: 32 + 110 + 4 * 90, height: 32 + 10 * 90, channels: 3 })
    // Names are drawn on the left, images on the right of them.
    const dark = (from: number, to: number): number => {
      let dots = 0
      for (let y = 0; y < info.height; y++)
        for (let x = from; x < to; x++) if (data[(y * info.width + x) * 3]! < 100) dots++
      return dots
    }
    expect(dark(0, 16)).toBe(0)
    expect(dark(16, 120)).toBeGreaterThan(500)
    expect(dark(126, info.width)).toBeGreaterThan(50_000)
  })

  it('says why images cannot be fetched', async () => {
    const { stderr, code } = await resfn(['data', 'fetch', '--mirror', 'http://127.0.0.1:1/'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^resfn: .*127\.0\.0\.1/m)
  }, 60_000)
})

describe('a trained run', () => {
  const cwd = temporaryFolder()
  const train = (...args: readonly string[]): ReturnType<typeof resfn> =>
    resfn(
      [
        'train',
        '--net',
        'lenet-bn',
        '--preset',
        'lenet-bn',
        '--data',
        'images',
        '--batch',
        '10',
        '--lr',
        '0.5',
        '--threads',
        '1',
        ...args,
      ],
      { cwd },
    )
  let trained: Awaited<ReturnType<typeof train>>
  beforeAll(async () => {
    writeImages(join(cwd, 'images'))
    trained = await train('--epochs', '12', '--out', 'run', '--json')
  })

  it('prints one JSON document, and all else on standard error', () => {
    expect(trained.code).toBe(0)
    const { run, files, ...rest } = json(trained.stdout)
    expect(run).toBe(join(cwd, 'run'))
    expect(rest).toMatchObject({
      net: 'lenet-bn',
      preset: 'lenet-bn',
      params: 44878,
      macs: 281640,
      backend: 'wasm',
      threads: 1,
      epochs: 12,
      steps: 72,
      data: { kind: 'folder', folder: join(cwd, 'images'), train: 60, test: 20 },
    })
    expect((rest['test'] as { readonly accuracy: number }).accuracy).toBeGreaterThan(0.8)
    for (const path of Object.values(files as { readonly [name: string]: string })) expect(existsSync(path)).toBe(true)
    expect(trained.stderr).toMatch(/^backend wasm \(1 thread, (relaxed )?SIMD/m)
    expect(trained.stderr).toMatch(/^epoch 12\/12 {2}train loss .* test loss .* accuracy /m)
  })

  it('leaves its arguments and every event', () => {
    expect(json(readFileSync(join(cwd, 'run', 'args.json'), 'utf8'))).toMatchObject({
      started: '2026-01-02T03:04:05.000Z',
      settings: { net: 'lenet-bn', epochs: 12, batch: 10, lr: 0.5, seed: 0, backend: 'wasm', threads: 1 },
      net: { name: 'lenet-bn', params: 44878 },
      data: { train: 60, test: 20 },
      machine: 'a machine for tests',
    })
    const events = readFileSync(join(cwd, 'run', 'log.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map(json)
    expect(events.filter(({ type }) => type === 'step').map(({ step }) => step)).toEqual(
      Array.from({ length: 72 }, (_, i) => i + 1),
    )
    expect(events.filter(({ type }) => type === 'epoch').length).toBe(12)
    expect(events.filter(({ type }) => type === 'evaluation').length).toBe(12)
  })

  it('leaves a report', () => {
    const page = readFileSync(join(cwd, 'run', 'report.html'), 'utf8')
    expect(page).toContain('<h1>lenet-bn on Fashion-MNIST</h1>')
    expect(page.match(/<svg /g)?.length).toBe(4)
    expect(page).toContain('>resfn train --preset lenet-bn ')
    expect(page).toContain('a machine for tests')
  })

  it('does not overwrite a run', async () => {
    expect(await train('--out', 'run')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('already holds a run; go on with it') as string,
    })
  })

  it('is the same again from the same seed, and another from another', async () => {
    const accuracyAndLoss = async (seed: string, out: string): Promise<unknown> =>
      json((await train('--epochs', '1', '--seed', seed, '--out', out, '--json')).stdout)['test']
    const first = await accuracyAndLoss('7', 'a')
    expect(await accuracyAndLoss('7', 'b')).toEqual(first)
    expect(await accuracyAndLoss('8', 'c')).not.toEqual(first)
  })

  it('is evaluated to the same figures', async () => {
    const { stdout, code } = await resfn(['eval', 'run', '--data', 'images', '--threads', '1', '--json'], { cwd })
    expect(code).toBe(0)
    const { test } = json(trained.stdout) as { readonly test: { readonly loss: number; readonly accuracy: number } }
    const found = json(stdout) as {
      readonly accuracy: number
      readonly loss: number
      readonly confusion: readonly (readonly number[])[]
      readonly perClass: readonly unknown[]
    }
    expect(found).toMatchObject({ net: 'lenet-bn', examples: 20, accuracy: test.accuracy, loss: test.loss })
    expect(found.perClass.length).toBe(10)
    expect(found.confusion.flat().reduce((sum, value) => sum + value, 0)).toBe(20)
    const text = (
      await resfn(['eval', join('run', 'checkpoint.safetensors'), '--data', 'images', '--threads', '1'], { cwd })
    ).stdout
    expect(text).toContain(`lenet-bn: accuracy ${test.accuracy.toFixed(4)}`)
    expect(text).toMatch(/^Ankle boot +2 /m)
  })

  it('predicts an image of the test set', async () => {
    const { stdout } = await resfn(
      ['predict', 'run', '--index', '13', '--data', 'images', '--top', '10', '--threads', '1', '--json'],
      { cwd },
    )
    const { images } = json(stdout) as {
      readonly images: readonly {
        readonly label: string
        readonly predictions: readonly { readonly class: string; readonly probability: number }[]
      }[]
    }
    const { label, predictions } = images[0]!
    expect(label).toBe('Dress')
    expect(predictions[0]?.class).toBe('Dress')
    expect(predictions.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1)
    expect(predictions.map(({ probability }) => probability)).toEqual(
      predictions.map(({ probability }) => probability).toSorted((a, b) => b - a),
    )
  })

  describe('predicts files', () => {
    // The bar of class 3, dark on light, as a photograph would show it, larger and coloured.
    const picture = (background: number, ink: number): Sharp => {
      const pixels = Uint8Array.from({ length: 28 * 28 }, (_, at) =>
        Math.floor(at / 28) >= 6 && Math.floor(at / 28) < 12 ? ink : background,
      )
      return sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } })
        .resize(280, 280, { kernel: 'nearest' })
        .toColourspace('srgb')
    }
    const predicted = async (
      file: string,
      ...args: readonly string[]
    ): Promise<{ readonly first: unknown; readonly stderr: string }> => {
      const { stdout, stderr } = await resfn(['predict', 'run', file, '--threads', '1', '--json', ...args], { cwd })
      return {
        first: (
          json(stdout)['images'] as
            | readonly { readonly predictions: readonly { readonly class: string }[] }[]
            | undefined
        )?.[0]?.predictions[0]?.class,
        stderr,
      }
    }
    beforeAll(async () => {
      mkdirSync(join(cwd, 'files'), { recursive: true })
      await picture(230, 20)
        .png()
        .toFile(join(cwd, 'files', 'photo.png'))
      await picture(230, 20)
        .jpeg()
        .toFile(join(cwd, 'files', 'photo.jpg'))
      await picture(30, 220)
        .png()
        .toFile(join(cwd, 'files', 'like.png'))
      writeFileSync(join(cwd, 'files', 'text.png'), 'no picture')
    })

    it.each(['photo.png', 'photo.jpg'])('swaps light and dark of %s, which is dark on light', async (name) => {
      const { first, stderr } = await predicted(join('files', name))
      expect(stderr).toContain('made grey, shrunk to fit 28 x 28, light and dark swapped (its border is light)')
      expect(first).toBe('Dress')
    })

    it('leaves an image that is light on dark, unless it is told otherwise', async () => {
      expect(await predicted(join('files', 'like.png'))).toMatchObject({
        first: 'Dress',
        stderr: expect.stringContaining('light and dark kept (its border is dark)') as string,
      })
      expect((await predicted(join('files', 'like.png'), '--invert', 'yes')).stderr).toContain(
        'light and dark swapped (as asked)',
      )
      expect((await predicted(join('files', 'photo.png'), '--invert', 'no')).stderr).toContain(
        'light and dark kept (as asked)',
      )
    })

    it.each([
      [['run', join('files', 'text.png')], 1, 'text.png is not an image of a known format'],
      [['run', join('files', 'none.png')], 1, 'there is no such file'],
      [['run'], 2, 'give an image file, or --index N'],
      [['run', join('files', 'like.png'), '--index', '1'], 2, 'give an image file, or --index N'],
      [['run', '--index', '20', '--data', 'images'], 2, 'the test set has the images 0 to 19'],
      [['images', '--index', '1'], 1, 'checkpoint.safetensors: there is no such file'],
      [[join('images', 't10k-labels-idx1-ubyte'), '--index', '1'], 1, 'not safetensors'],
    ])('refuses %j', async (args, code, message) => {
      expect(await resfn(['predict', ...args], { cwd })).toMatchObject({
        code,
        stdout: '',
        stderr: expect.stringContaining(message) as string,
      })
    })
  })

  it('is resumed at its end without a step more', async () => {
    const { stdout, code } = await resfn(['train', '--resume', 'run', '--json'], { cwd })
    expect(code).toBe(0)
    expect(json(stdout)).toEqual(json(trained.stdout))
    // From another folder too.
    expect((await resfn(['train', '--resume', join(cwd, 'run')], { cwd: temporaryFolder() })).code).toBe(0)
  })

  it('is resumed with its own settings and its own images only', async () => {
    expect(await resfn(['train', '--resume', 'run', '--lr', '1', '--epochs', '3'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'so --epochs and --lr cannot be given (only --data, --backend, --threads, --parallel and --pause-after can)',
      ) as string,
    })
    writeImages(join(cwd, 'others'), { train: 50 })
    expect(await resfn(['train', '--resume', 'run', '--data', 'others'], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('trained on other images') as string,
    })
    expect(await resfn(['train', '--resume', 'images'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no run in') as string,
    })
  })

  it('says which batch did not fit the memory, and to take a smaller one', async () => {
    const append = (): Promise<void> => {
      throw Object.assign(new Error('the WASM heap has no room for 9 bytes more'), { _tag: 'OutOfMemory' })
    }
    const args = [
      'train',
      '--preset',
      'lenet-bn',
      '--data',
      'images',
      '--batch',
      '30',
      '--threads',
      '1',
      '--out',
      'heap',
    ]
    expect(await resfn(args, { cwd, files: { ...filesOf(), append } })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /no room for 9 bytes more; a batch is 30 images of 28x28x1: start a new run with a smaller --batch\n$/,
      ) as string,
    })
    // The same --out takes the new run.
    expect(existsSync(join(cwd, 'heap'))).toBe(false)
  })

  it('trains on a part of the images', async () => {
    expect(json((await train('--images', '20', '--epochs', '1', '--out', 'few', '--json')).stdout)).toMatchObject({
      data: { train: 20 },
      steps: 2,
    })
  })

  it('says that the loss is no number any more, keeps the run before that, and fails', async () => {
    const { stderr, code } = await resfn(
      [
        'train',
        '--preset',
        'lenet-bn',
        '--data',
        'images',
        '--batch',
        '10',
        '--epochs',
        '3',
        '--lr',
        '1e38',
        '--out',
        'nan',
      ],
      { cwd },
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(/resfn: step \d+: the loss is .*start a new one with a smaller --lr/)
    expect((await resfn(['eval', 'nan', '--data', 'images', '--threads', '1'], { cwd })).code).toBe(0)
  })
})
