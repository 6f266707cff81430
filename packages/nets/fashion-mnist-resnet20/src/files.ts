/**
 * Where the files of the net are, in the layout that timm and `loadNet` of `@resfn/hub` know: `file:` URLs in Node, and
 * assets of the page where a bundler such as Vite built it.
 *
 * @see He et al. 2015, "Deep Residual Learning", section 4.2; Xiao et al. 2017, "Fashion-MNIST"
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fashionMnistResnet20 } from '@resfn/fashion-mnist-resnet20'
 *
 * assert.ok(fashionMnistResnet20.weights.pathname.endsWith('net/model.safetensors'))
 * ```
 */
export const fashionMnistResnet20: { readonly config: URL; readonly weights: URL } = {
  // Written out: bundlers find assets by this very expression.
  config: new URL('../net/config.json', import.meta.url),
  weights: new URL('../net/model.safetensors', import.meta.url),
}
