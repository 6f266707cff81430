import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { standardise } from '@resfn/preprocessing'
import { dispose } from '@resfn/tree'
import { argMax, tensor, tidy } from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

/** What a package with a trained net promises. */
export type TrainedNet = {
  readonly name: string
  readonly files: { readonly config: URL; readonly weights: URL }
  /** of the 2,000 test images that come with resfn, the least share that it gets right */
  readonly accuracy: number
}

/** The tests of a package with a net trained on Fashion-MNIST. */
export const testTrainedNet = ({ name, files, accuracy }: TrainedNet): void => {
  const beside = (file: string): string => fileURLToPath(new URL(file, files.config))

  it('has a model card with the SHA-256 of its weights, its recipe, its accuracy and the licence of its data', () => {
    const card = readFileSync(beside('README.md'), 'utf8')
    const sha256 = createHash('sha256').update(readFileSync(files.weights)).digest('hex')
    expect(card).toContain(sha256)
    expect(card).toMatch(/^resfn train .*--data FOLDER/m)
    expect(card).toMatch(/\*\*Test accuracy 0\.9\d{3}\*\*, loss [\d.]+, on 10,000 images/)
    expect(card).toContain('MIT licence, Copyright 2017 Zalando SE')
    expect(readFileSync(beside('LICENSE'), 'utf8')).toContain('Zalando SE')
    const lines = readFileSync(beside('log.jsonl'), 'utf8').trimEnd().split('\n')
    const last = JSON.parse(lines.at(-1)!) as { readonly type: string; readonly accuracy: number }
    expect(last.type).toBe('evaluation')
    expect(card).toContain(`**Test accuracy ${last.accuracy.toFixed(4)}**`)
  })

  it(`knows ${accuracy * 100} % of the test images that come with resfn`, async () => {
    // Loaded here: few tests need the hub, and the import registers a backend that is not started.
    const [{ loadNet }, { loadFashionMnistSubset }, { useWasm }] = await Promise.all([
      import('@resfn/hub'),
      import('@resfn/fashion-mnist-subset'),
      import('@resfn/wasm'),
    ])
    const { dispose: end } = await useWasm()
    const loaded = await loadNet(fileURLToPath(new URL('.', files.config)))()
    const data = await loadFashionMnistSubset()
    if (loaded._tag === 'Left') throw new Error(loaded.left.message)
    if (data._tag === 'Left') throw new Error(data.left.message)
    const { net, params, state, preprocessing, classes, name: architecture } = loaded.right
    expect(architecture).toBe(name)
    const { test } = data.right
    expect(classes).toEqual(test.classes)
    let right = 0
    for (let start = 0; start < test.labels.length; start += 250) {
      const bytes = test.images.subarray(start * 784, (start + 250) * 784)
      const x = standardise({ data: bytes, width: 28, height: 28 * 250, channels: 1 }, preprocessing)
      const found = tidy(() => argMax(net.apply(params, tensor(x, [250, 28, 28, 1]), state), -1))
      const labels = await found.data()
      found.dispose()
      right += labels.filter((label, i) => label === test.labels[start + i]).length
    }
    dispose([params, state])
    end()
    expect(right / test.labels.length).toBeGreaterThanOrEqual(accuracy)
  }, 60_000)
}
