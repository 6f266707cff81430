import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cifarFiles } from '@resfn/cifar'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Ran, resfn as run, temporaryFolder } from './fixtures/context.ts'

const cwd = temporaryFolder()
const resfn = (line: string): Promise<Ran> => run(line.split(' '), { cwd })

beforeAll(async () => {
  const folder = join(cwd, 'cifar', 'cifar-10-batches-bin')
  mkdirSync(folder, { recursive: true })
  const { train, test } = cifarFiles.cifar10.binary
  for (const [batch, file] of [...train, ...test].entries()) {
    const bytes = new Uint8Array(8 * 3073)
    // Class c is as light as it is high.
    for (let n = 0; n < 8; n++) {
      const label = (n + batch) % 10
      bytes.fill(20 * label + 10, n * 3073, (n + 1) * 3073)
      bytes[n * 3073] = label
    }
    writeFileSync(join(folder, file), bytes)
  }
  await sharp({ create: { width: 40, height: 30, channels: 3, background: '#888' } }).toFile(join(cwd, 'grey.png'))
})

describe('a folder of CIFAR-10', () => {
  it('is trained on, evaluated and predicted from', async () => {
    const { stderr, code } = await resfn(
      'train --data cifar --net cifar-resnet8-b --epochs 1 --batch 10 --threads 1 --rand-augment rand-m9-mstd0.5 --cutmix 1 --out run',
    )
    expect([code, stderr]).toEqual([0, expect.stringContaining('CIFAR-10, 40 training and 8 test images')])
    expect((await resfn('eval run')).stdout).toContain('on 8 test images')
    const { stdout } = await resfn('predict grey.png --net run --json')
    expect(JSON.parse(stdout)).toMatchObject({ images: [{ predictions: expect.any(Array) as unknown[] }] })
  })

  it('is read from the files of Python as well, of CIFAR-100 too', async () => {
    const fixtures = fileURLToPath(new URL('../../data/cifar/src/fixtures', import.meta.url))
    cpSync(join(fixtures, 'cifar-10-batches-py'), join(cwd, 'python', 'cifar-10-batches-py'), { recursive: true })
    const trained = await resfn(
      'train --data python --net cifar-resnet8-b --epochs 1 --batch 4 --threads 1 --out python-run',
    )
    expect([trained.code, trained.stderr]).toEqual([
      0,
      expect.stringContaining('CIFAR-10, 10 training and 2 test images'),
    ])
    expect((await resfn('eval python-run')).stdout).toContain('on 2 test images')
    cpSync(join(fixtures, 'cifar-100-python'), join(cwd, 'hundred'), { recursive: true })
    const described = await resfn('data hundred')
    expect(described.stdout).toContain('CIFAR-100, 3 training and 2 test images')
    expect(described.stdout).toMatch(/^fine 99 +0 +0$/m)
    expect((await resfn('data verify --data hundred')).code).toBe(0)
  })

  it('is refused where a pickle in it would run something', async () => {
    const fixtures = fileURLToPath(new URL('../../formats/pickle/src/fixtures', import.meta.url))
    mkdirSync(join(cwd, 'evil'))
    for (const name of ['train', 'test']) cpSync(join(fixtures, 'refused-evil.pkl'), join(cwd, 'evil', name))
    const { stderr, code } = await resfn('data evil')
    expect(code).toBe(1)
    expect(stderr).toContain(`${join(cwd, 'evil', 'train')}: the pickle: it asks for posix.system`)
  })

  it('is described, and named where a file is missing', async () => {
    expect((await resfn('data cifar')).stdout).toMatch(/^airplane +\d+ +\d+$/m)
    mkdirSync(join(cwd, 'part', 'cifar-100-binary'), { recursive: true })
    writeFileSync(join(cwd, 'part', 'cifar-100-binary', 'train.bin'), new Uint8Array(3074))
    const { stderr, code } = await resfn('data part')
    expect([code, stderr]).toEqual([1, expect.stringContaining('lacks test.bin')])
  })
})
