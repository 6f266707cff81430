import type { Environment } from './environment.ts'

/** Settings that a backend may use. */
export type StartOptions = {
  /** WASM: threads that work at once, 1 to 64; all cores, up to 8, by default. */
  readonly threads?: number
  /**
   * What the backend is for, training by default: a device that computes in 16-bit floats is refused for training, and
   * has a warning for inference.
   */
  readonly purpose?: 'training' | 'inference'
}

/** A backend that is running and current. */
export type Started = {
  /** What runs, in a few words: `2 threads, SIMD`. */
  readonly details: string
  readonly threads?: number
  /**
   * WASM: 'relaxed' where the engine multiplies and adds in one instruction, which rounds once; a run has other bits on
   * 'strict'.
   */
  readonly simd?: 'relaxed' | 'strict'
  /** What is not as it was asked for, or slow, and what to do. */
  readonly warnings?: readonly string[]
  /** Why the automatic choice had better go on; by name it is used all the same. */
  readonly unfit?: string | undefined
  /** Ends what the process would not end by itself. */
  readonly dispose?: () => void
}

/** How a backend is started; a row of the table that the choice goes through. */
export type Adapter = {
  /** Where the automatic choice tries it. By name it is tried everywhere. */
  readonly automatic: readonly Environment[]
  /** What `npm install` takes to get its packages. */
  readonly packages: string
  /**
   * Loads the backend if it is not registered yet, and makes it current. Rejects if it cannot run here; an error whose
   * `_tag` is `WrongOption` ends the choice, because the next backend would hide the mistake.
   */
  readonly start: (options: StartOptions) => Promise<Started>
  /** A warning for the automatic choice that ends here: much slower than what was passed over. */
  readonly lastResort?: string
}

/** Backends by name, in the order in which the automatic choice tries them. */
export type Adapters = { readonly [name: string]: Adapter }
