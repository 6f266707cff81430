import type { Platform } from './platform.ts'
import { startThreads } from './threads.browser.ts'

/** The browser: web workers, where the page is cross-origin isolated. */
export const platform: Platform = {
  cores: () => globalThis.navigator.hardwareConcurrency,
  withRelaxedSimd: (compile) => compile(),
  vectorBits: () => 128,
  unshared: () =>
    globalThis.crossOriginIsolated === true
      ? undefined
      : 'the page is not cross-origin isolated: serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp',
  startThreads,
}
