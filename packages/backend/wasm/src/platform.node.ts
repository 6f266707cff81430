import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import type { Platform } from './platform.ts'
import { startThreads } from './threads.node.ts'

const major = Number.parseInt(process.versions.node)
const given = (flag: string): boolean => process.execArgv.some((one) => one.replaceAll('_', '-') === `--${flag}`)

const relaxed = 'experimental-wasm-relaxed-simd'

// A module keeps the features that it was compiled with, so the flag of Node 20 is taken back at once. Who started Node
// with it, or against it, has decided.
const withRelaxedSimd = <T>(compile: () => T): T => {
  if (major !== 20 || given(relaxed) || given(`no-${relaxed}`)) return compile()
  setFlagsFromString(`--${relaxed}`)
  try {
    return compile()
  } finally {
    setFlagsFromString(`--no-${relaxed}`)
  }
}

// Node 22 knows the flag, but does not join the vectors of our products.
const joinsVectors = (): boolean => process.arch === 'x64' && major >= 24 && given('experimental-wasm-revectorize')

/** Node: worker threads. */
export const platform: Platform = {
  cores: availableParallelism,
  withRelaxedSimd,
  vectorBits: () => (joinsVectors() ? 256 : 128),
  // A worker thread of Deno never answers here, so the start would wait for ever.
  unshared: () => ('Deno' in globalThis ? 'Deno does not start them' : undefined),
  startThreads,
}
