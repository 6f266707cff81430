import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeCheckpoint } from '@resfn/checkpoint'
import { publishedFiles } from '@resfn/test-utils'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Ran, resfn as run, temporaryFolder } from './fixtures/context.ts'
import { otherScenes, scenes, writePhotos } from './fixtures/photos.ts'

const cwd = temporaryFolder()
const resfn = (line: string, ...more: readonly string[]): Promise<Ran> => run([...line.split(' '), ...more], { cwd })

type Document = {
  readonly test: { readonly accuracy: number; readonly loss: number }
  readonly leftOut: readonly { readonly path: string }[]
  readonly [name: string]: unknown
}
const json = async (line: string, ...more: readonly string[]): Promise<Document> => {
  const { stdout, stderr, code } = await resfn(`${line} --json`, ...more)
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Document
}
const tensorsOf = (run: string, file = 'checkpoint.safetensors'): ReadonlyMap<string, string> => {
  const checkpoint = decodeCheckpoint(new Uint8Array(readFileSync(join(cwd, run, file))))
  if (checkpoint._tag === 'Left') throw new Error(checkpoint.left.message)
  return new Map([...checkpoint.right.tensors].map(([name, { data }]) => [name, Buffer.from(data).toString('base64')]))
}

const base = 'train --net cifar-resnet8 --resize 32 --data others --epochs 10 --lr 0.01 --threads 1 --out base'
const start = 'train --from base --data photos --threads 1'
const tune = `${start} --freeze stem,layer1..3 --lr 0.02`

beforeAll(async () => {
  await writePhotos(join(cwd, 'photos'), scenes, 50)
  await writePhotos(join(cwd, 'others'), otherScenes, 30)
  await json(base)
})

describe('fine-tuning on a folder of 200 photos in 4 classes', () => {
  it('reaches an accuracy of 0.9 in less than two minutes, with a head that learns and a body that does not', async () => {
    const started = Date.now()
    const { test, train, data } = await json(`${tune} --out tuned`)
    expect((Date.now() - started) / 1000).toBeLessThan(120)
    expect(test.accuracy).toBeGreaterThanOrEqual(0.9)
    expect(data).toMatchObject({ train: 160, test: 40 })
    expect(train).toBeDefined()
    const [before, after] = [tensorsOf('base'), tensorsOf('tuned')]
    const changed = [...before].flatMap(([name, values]) =>
      /^(params|state)\./.test(name) && after.get(name) !== values ? [name] : [],
    )
    expect(changed.toSorted()).toEqual(['params.fc.bias', 'params.fc.weight'])
    expect([...after.keys()].filter((name) => name.startsWith('optimiser.')).toSorted()).toEqual(
      ['mean', 'square'].flatMap((slot) => ['bias', 'weight'].map((name) => `optimiser.${slot}.fc.${name}`)),
    )
  })

  it('says what it trains, and leaves a report', async () => {
    const { stderr, stdout, code } = await resfn(`${tune} --epochs 1 --out said`)
    expect(code).toBe(0)
    expect(stderr).toContain('photos, 160 training and 40 test images of 4 classes')
    expect(stderr).toContain('the test images were drawn')
    expect(stderr).toContain('a new head for 4 classes, in the place of that for 4')
    expect(stderr).toMatch(/stem,layer1\.\.3 frozen: 260 of [\d,]+ parameters learn/)
    expect(stderr).toContain('training 1 epochs (preset photos): AdamW')
    expect(stdout).toContain('test accuracy')
    const report = readFileSync(join(cwd, 'said', 'report.html'), 'utf8')
    for (const name of Object.keys(scenes)) expect(report).toContain(name)
    expect(report).toMatch(/what counted for \w+ in test image/)
  })

  it('is resumed to the same bytes', async () => {
    const line = `${tune} --rand-augment rand-m9-mstd0.5 --mixup 0.2 --cutmix 1 --erasing 0.2 --epochs 2 --save-steps 3 --batch 32`
    await json(`${line} --out whole`)
    const abort = new AbortController()
    let lines = 0
    const context = {
      cwd,
      interrupts: () => ({ signal: abort.signal, release: () => undefined }),
      files: undefined,
    }
    const { files, ...rest } = context
    const { filesOf } = await import('./context/files.ts')
    const own = filesOf()
    const broken = await run(`${line} --out broken`.split(' '), {
      ...rest,
      files: {
        ...own,
        append: async (path, text) => {
          await own.append(path, text)
          if (++lines === 7) abort.abort('SIGINT')
        },
      },
    })
    expect(files).toBeUndefined()
    expect(broken.code).toBe(130)
    await json('train --resume broken')
    expect(tensorsOf('broken')).toEqual(tensorsOf('whole'))
  })

  it('gives a net that predicts photos and can be evaluated', async () => {
    const { accuracy, examples, classes } = await json('eval tuned')
    expect(accuracy).toBeGreaterThanOrEqual(0.9)
    expect([examples, classes]).toEqual([40, Object.keys(scenes).toSorted()])
    const { images } = (await json('predict tuned photos/sun/000.jpg photos/zebra/001.png')) as unknown as {
      readonly images: readonly { readonly predictions: readonly { readonly class: string }[] }[]
    }
    expect(images.map(({ predictions }) => predictions[0]!.class)).toEqual(['sun', 'zebra'])
  })

  it('keeps the best weights and ends by patience', async () => {
    const { test } = await json(`${start} --freeze stem,layer1..3 --lr 1e-30 --epochs 8 --patience 1 --out patient`)
    expect(test.accuracy).toBeGreaterThanOrEqual(0)
    const { accuracy } = await json('eval patient/best.safetensors --data photos')
    expect(accuracy).toBeGreaterThanOrEqual(test.accuracy)
    expect(
      readFileSync(join(cwd, 'patient', 'log.jsonl'), 'utf8').split('"type":"evaluation"').length - 1,
    ).toBeLessThan(8)
  })

  it('begins with a net that timm published, and sees photos as it does', async () => {
    mkdirSync(join(cwd, 'published'))
    for (const [file, content] of Object.entries(await publishedFiles('cifar-resnet8-b')))
      writeFileSync(join(cwd, 'published', file), content)
    const { stderr, code } = await resfn(
      'train --from published --data photos --freeze stem,layer1..3 --epochs 1 --threads 1 --images 40 --out ours',
    )
    expect(code).toBe(0)
    expect(stderr).toContain('a new head for 4 classes')
    const config = JSON.parse(readFileSync(join(cwd, 'published', 'config.json'), 'utf8')) as {
      readonly pretrained_cfg: { readonly input_size: readonly number[] }
    }
    const [, height, width] = config.pretrained_cfg.input_size
    expect(stderr).toContain(`on ${height}x${width}x3`)
  })

  it.each([
    ['--loss binary --balance --optimiser lamb --lr 0.01', 'binary cross-entropy, classes balanced'],
    ['--micro-batch 5 --colour-jitter 0.4', '5 images at once'],
    ['--freeze stem', 'stem frozen: '],
  ])('takes %s', async (flags, said) => {
    const { stderr, code } = await resfn(
      `${start} ${flags} --epochs 1 --images 40 --out ${flags.replaceAll(' ', '')}`.replace('--out --', '--out '),
    )
    expect(stderr).toContain(said)
    expect(code).toBe(0)
  })
})

describe('a folder with photos that cannot be read', () => {
  const withBroken = (name: string): string => {
    cpSync(join(cwd, 'photos'), join(cwd, name), { recursive: true })
    truncateSync(join(cwd, name, 'sun', '003.jpg'), 300)
    writeFileSync(join(cwd, name, 'sea', '004.png'), 'not a picture')
    return name
  }

  it('is trained on without them, which are counted and named', async () => {
    withBroken('holes')
    const { leftOut } = await json(
      `train --from base --freeze stem,layer1..3 --data holes --threads 1 --epochs 2 --out holed`,
    )
    expect(leftOut.map(({ path }) => path).toSorted()).toEqual(
      [join('sea', '004.png'), join('sun', '003.jpg')].map((path) => join(cwd, 'holes', path)),
    )
    const report = readFileSync(join(cwd, 'holed', 'report.html'), 'utf8')
    expect(report).toContain('2 photos could not be read and were left out')
  })

  it('ends the run with the name of one where --strict asks for it', async () => {
    withBroken('strict')
    const { stderr, code } = await resfn(
      'train --from base --data strict --threads 1 --epochs 1 --strict --out stopped',
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /strict\/(sun\/003\.jpg|sea\/004\.png).*; mend or remove it and start a new run, or leave --strict away/,
    )
    // Nothing was learned, and with that photo nothing will be.
    expect(existsSync(join(cwd, 'stopped'))).toBe(false)
  })
})

describe('resfn data FOLDER', () => {
  it('says what a folder holds', async () => {
    const { stdout, code } = await resfn('data photos')
    expect(code).toBe(0)
    expect(stdout).toContain('photos, 160 training and 40 test images of 4 classes')
    expect(stdout).toMatch(/^zebra +40 +10$/m)
    const document = await json('data photos --test-share 0.5')
    expect(document).toMatchObject({
      train: 100,
      test: 100,
      split: 'drawn',
      classes: [{ name: 'meadow', train: 25, test: 25 }, {}, {}, {}],
    })
  })

  it('says what a manifest holds, and what is left out', async () => {
    writeFileSync(
      join(cwd, 'some.csv'),
      'path,label,split\nphotos/sun/000.jpg,a,train\nphotos/sea/000.jpg,b,train\nphotos/sea/001.png,b,val\n',
    )
    expect(await json('data some.csv')).toMatchObject({ train: 2, test: 1, split: 'given' })
    symlinkSync('..', join(cwd, 'others', 'board', 'loop'))
    const { stdout } = await resfn('data others')
    expect(stdout).toContain('leads to a folder that is read already and is not followed')
    rmSync(join(cwd, 'others', 'board', 'loop'))
  })

  it('is verified photo by photo', async () => {
    expect((await resfn('data verify photos')).stdout).toContain('all 200 photos can be read')
    cpSync(join(cwd, 'photos'), join(cwd, 'unsound'), { recursive: true })
    const [cut, text] = [join(cwd, 'unsound', 'sun', '003.jpg'), join(cwd, 'unsound', 'zebra', '001.png')]
    truncateSync(cut, 300)
    writeFileSync(text, 'not a picture')
    const { stdout, code } = await resfn('data verify unsound')
    expect(code).toBe(1)
    expect(stdout).toContain('2 of 200 photos cannot be read:')
    expect(stdout).toContain(`  ${cut} is damaged or cut short`)
    const { stdout: document, code: status } = await resfn('data verify --data unsound --json')
    const { broken, known } = JSON.parse(document) as {
      readonly broken: readonly { readonly path: string }[]
      readonly known: unknown
    }
    expect([status, known, broken.map(({ path }) => path).toSorted()]).toEqual([1, null, [cut, text]])
    expect((await resfn('data verify photos --data others')).stderr).toContain('give one of the two')
  })

  it.each([
    ['data nothing', 'there is no folder or manifest'],
    ['data photos/sun', 'lacks train-images'],
    ['data photos/sun/000.jpg', 'is a file; give a folder, or a manifest'],
    ['data photos --test-share 1', 'from 0 and below 1'],
    ['train --data photos --rand-augment rand-k3', 'randAugment: give a configuration of RandAugment'],
    ['train --data photos --from base --freeze layer9', '--freeze'],
    ['train --data photos --from base --net resnet18', 'it has the weights of cifar-resnet8, not of resnet18'],
    ['train --data photos --scale 0.5 --crop 4', 'give one or the other'],
    ['train --data photos --test-share 0', 'no image is for testing'],
  ])('%s names what is wrong', async (line, message) => {
    const { stderr, code } = await resfn(line)
    expect(stderr).toContain(message)
    expect(code).toBeGreaterThan(0)
  })

  it('has help with examples', async () => {
    for (const line of ['data describe --help', 'train --help'])
      expect((await resfn(line)).stdout).toContain('Examples:')
  })
})
