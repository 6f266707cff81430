import { readFile } from 'node:fs/promises'
import { fashionMnistResnet20 } from '@resfn/fashion-mnist-resnet20'
import { fileOf, importWeights, safetensorsWeights } from '@resfn/import'
import { createNet, nets } from '@resfn/archs'
import { key } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import * as tf from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { answer } from './answer.ts'
import { closeModel, type Model } from './model.ts'
import type { CanvasPicture, Lesson, TeachSeen } from './protocol.ts'
import { teach } from './teach.ts'

let base: Model
beforeAll(async () => {
  await useBackend('wasm', { threads: 1, report: () => undefined })
  const weights = await safetensorsWeights(fileOf(new Uint8Array(await readFile(fashionMnistResnet20.weights))))()
  if (E.isLeft(weights)) throw new Error(weights.left.message)
  const net = createNet('cifar-resnet20', { channels: 1 })
  const input = [28, 28, 1]
  const keys = Object.values(nets['cifar-resnet20']!.keys!)[0]!
  const imported = await importWeights(net, weights.right, { input, keys, key: key(0) })()
  if (E.isLeft(imported)) throw new Error(imported.left.message)
  const { params, state } = imported.right
  const classes = Array.from({ length: 10 }, (_, i) => `${i}`)
  base = {
    name: 'cifar-resnet20',
    net,
    params,
    state,
    input,
    classes,
    preprocessing: {
      size: [28, 28],
      channels: 1,
      mean: [0.286],
      std: [0.353],
      interpolation: 'bicubic',
      cropFraction: 1,
      cropMode: 'border',
    },
  }
})

/** A light shape on black: a disc, or a cross, of a size and at a place. */
const picture = (kind: 'disc' | 'cross', index: number): CanvasPicture => {
  const side = 64
  const [centreX, centreY, radius] = [28 + (index % 5) * 2, 28 + (index % 3) * 4, 14 + (index % 4) * 3]
  const data = new Uint8ClampedArray(side * side * 4)
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const [dx, dy] = [Math.abs(x - centreX), Math.abs(y - centreY)]
      const isLight = kind === 'disc' ? Math.hypot(dx, dy) < radius : (dx < 4 || dy < 4) && Math.max(dx, dy) < radius
      data.set(isLight ? [230, 230, 230, 255] : [0, 0, 0, 255], 4 * (y * side + x))
    }
  return { width: side, height: side, data }
}

const lesson = (part: Lesson['part'], count = 20): Lesson => ({
  classes: (['disc', 'cross'] as const).map((name) => ({
    name,
    pictures: Array.from({ length: count }, (_, i) => picture(name, i)),
  })),
  part,
})

describe('teaching', () => {
  it.each(['head', 'all'] as const)(
    'two shapes to the part %s gives at least 95 percent on pictures that were held back',
    async (part) => {
      const before = tf.memory().numTensors
      const seen: TeachSeen[] = []
      const { model, taught } = await teach(base, lesson(part), (what) => seen.push(what))
      expect(taught).toMatchObject({ tested: 8, learned: 32 })
      expect(taught.accuracy).toBeGreaterThanOrEqual(0.95)
      expect(model.classes).toEqual(['disc', 'cross'])
      expect(seen.at(-1)).toMatchObject({ part, done: 1 })
      // Pictures that it never saw, larger ones.
      for (const [label, kind] of (['disc', 'cross'] as const).entries()) {
        const { probabilities } = await answer(model, { ...picture(kind, 17), channels: 4 })
        expect(probabilities[label]).toBeGreaterThan(0.5)
      }
      closeModel(model)
      expect(tf.memory().numTensors).toBe(before)
    },
  )

  it('says what a lesson lacks', async () => {
    const one = lesson('head').classes[0]!
    const fails = (classes: Lesson['classes']) => teach(base, { classes, part: 'head' }, () => undefined)
    await expect(fails([one])).rejects.toThrow('give at least two classes')
    await expect(fails([one, { ...one, name: 'disc ' }])).rejects.toThrow('two classes are called "disc"')
    await expect(fails([one, { name: 'cross', pictures: [picture('cross', 0)] }])).rejects.toThrow(
      'the class "cross" has 1 pictures; give at least two',
    )
  })
})
