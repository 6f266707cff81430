import type { FashionMnistFile } from '@resfn/fashion-mnist/decode'

/**
 * Where the four files of the subset are: `file:` URLs in Node, and assets of the page where a bundler such as Vite
 * built it.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fashionMnistSubsetFiles } from '@resfn/fashion-mnist-subset'
 *
 * assert.ok(fashionMnistSubsetFiles.trainImages.pathname.endsWith('train-images-idx3-ubyte.gz'))
 * ```
 */
export const fashionMnistSubsetFiles: { readonly [file in FashionMnistFile]: URL } = {
  // Written out: bundlers find assets by this very expression.
  trainImages: new URL('../data/train-images-idx3-ubyte.gz', import.meta.url),
  trainLabels: new URL('../data/train-labels-idx1-ubyte.gz', import.meta.url),
  testImages: new URL('../data/t10k-images-idx3-ubyte.gz', import.meta.url),
  testLabels: new URL('../data/t10k-labels-idx1-ubyte.gz', import.meta.url),
}
