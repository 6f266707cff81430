import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstOfEachClass, type ImageSet } from '@resfn/batches'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { resfn, temporaryFolder } from './fixtures/context.ts'

type Document = {
  readonly net: string
  readonly images: readonly { readonly image: string; readonly predictions: readonly { readonly class: string }[] }[]
}

const cwd = temporaryFolder()
let test: ImageSet

/** An image of the test set as a shop shows it: dark on white, larger, with a margin. */
const photograph = async (index: number): Promise<Buffer> => {
  const bytes = test.images.subarray(index * 784, (index + 1) * 784).map((value) => 255 - value)
  return sharp(bytes, { raw: { width: 28, height: 28, channels: 1 } })
    .resize(420, 420, { kernel: 'cubic' })
    .extend({ left: 60, right: 60, background: 'white' })
    .png()
    .toBuffer()
}

beforeAll(async () => {
  const data = await loadFashionMnistSubset()
  if (data._tag === 'Left') throw new Error(data.left.message)
  test = data.right.test
  mkdirSync(join(cwd, 'shop'))
  for (const index of firstOfEachClass(test, 1))
    writeFileSync(join(cwd, 'shop', `${test.labels[index]}.png`), await photograph(index))
})

it.each([
  [['predict', 'shop', '--net', 'fashion-mnist-resnet2'], 'did you mean fashion-mnist-resnet20'],
  [['eval', 'fashion-mnist-preactresnet'], 'did you mean fashion-mnist-preactresnet20'],
])('names the nearest net that comes with resfn: %j', async (args, message) => {
  const { stderr, code } = await resfn(args, { cwd })
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) as string })
})

it('sums up a net that comes with resfn', async () => {
  const { stdout, code } = await resfn(['summary', 'fashion-mnist-resnet20', '--json'], { cwd })
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ net: 'cifar-resnet20', params: 269_434 })
})

describe('resfn predict without a net', () => {
  it('says what a picture of clothing shows, by the net that comes with resfn', async () => {
    const { stdout, stderr, code } = await resfn(['predict', 'shop/9.png'], { cwd })
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('net fashion-mnist-resnet20, which knows ten kinds of clothing') as string,
    })
    const [first, ...others] = stdout.trimEnd().split('\n')
    expect(first).toMatch(/^Ankle boot +\d\d\.\d %$/)
    expect(others.length).toBe(4)
  })

  it.each([[['shop']], [['shop/*.png', '--net', 'fashion-mnist-preactresnet20']]])('knows most of %j', async (args) => {
    const { stdout, code } = await resfn(['predict', ...args, '--json'], { cwd })
    expect(code).toBe(0)
    const { images } = JSON.parse(stdout) as Document
    expect(images.length).toBe(10)
    const right = images.filter(({ image, predictions }) => {
      const label = Number(/(\d)\.png$/.exec(image)![1])
      return predictions[0]!.class === test.classes[label]
    })
    expect(right.length).toBeGreaterThanOrEqual(8)
  })
})
