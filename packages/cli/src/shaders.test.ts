import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type { compilePrograms } from '@resfn/runtime'
import { expect, it, vi } from 'vitest'
import { writeImages } from './fixtures/images.ts'
import { greyTiff } from './fixtures/pictures.ts'
import { resfn, temporaryFolder } from './fixtures/context.ts'

const compile = vi.hoisted(() => vi.fn<typeof compilePrograms>())
vi.mock('@resfn/runtime', async (original) => ({
  ...(await original<object>()),
  compilePrograms: compile,
}))

const folder = temporaryFolder()
const data = writeImages(join(folder, 'images'))
const train = ['train', '--net', 'lenet-bn', '--data', data, '--images', '8', '--batch', '8', '--epochs', '1']

/** What the last line of a terminal showed while a command ran. */
const shownBy = async (args: readonly string[]): Promise<readonly string[]> => {
  const lines: string[] = []
  const live = { show: (line: string) => void lines.push(line), clear: () => {} }
  expect(await resfn(args, { cwd: folder, live })).toMatchObject({ code: 0 })
  return lines
}

/** A GPU that compiles two shaders for what it is given. */
const pretend = (): (readonly (readonly number[])[])[] => {
  const shapes: (readonly number[])[][] = []
  compile.mockImplementation(async (compute, options) => {
    tf.tidy(() => void shapes.push([compute()].flat().map((tensor) => (tensor as tf.Tensor).shape)))
    for (const compiled of [0, 1, 2]) options?.onProgress?.({ compiled, programs: 2 })
    return 2
  })
  return shapes
}

it('tells on a terminal how many shaders are compiled, before the first step, pictures and test images', async () => {
  const shapes = pretend()
  const told = ['compiling shaders 0/2', 'compiling shaders 1/2', 'compiling shaders 2/2']
  const trained = await shownBy([...train, '--out', 'run', '--json'])
  expect(trained.slice(0, 3)).toEqual(told)
  expect(trained[3]).toMatch(/^epoch 1/)
  writeFileSync(join(folder, 'one.tif'), greyTiff(28, 28, new Uint8Array(784)))
  expect(await shownBy(['predict', 'run', 'one.tif'])).toEqual(told)
  expect(await shownBy(['eval', 'run', '--data', data])).toEqual(told)
  // The loss of the step and the logits of the evaluation; those of the picture; those of the test images.
  expect(shapes).toEqual([[[], [20, 10]], [[1, 10]], [[20, 10]]])
}, 300_000)

it('says nothing of them where nobody reads a terminal', async () => {
  pretend()
  const { stderr, stdout } = await resfn([...train, '--out', 'piped', '--json'], { cwd: folder })
  expect(`${stderr}${stdout}`).not.toContain('shaders')
  expect(JSON.parse(stdout)).toMatchObject({ epochs: 1 })
}, 300_000)
