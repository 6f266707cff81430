import type { Environment } from './environment.ts'

/** A folder, or a URL for each file, as a bundler gives them. The same as in @resfn/wasm, which need not be installed. */
export type WasmPaths = string | { readonly 'tfjs-backend-wasm-simd.wasm': string }

/** Settings that a backend may use. */
export type StartOptions = {
  /** WASM: threads that work at once; all cores unless given. */
  readonly threads?: number
  /** WASM in the browser: the URL of the folder with the .wasm files of @tensorflow/tfjs-backend-wasm, with a final slash, or the URL of each. */
  readonly wasmPaths?: WasmPaths
}

/** A backend that is running and current. */
export type Started = {
  /** What runs, in a few words: `2 threads, SIMD`. */
  readonly details: string
  readonly threads?: number
  /** Ends what the process would not end by itself. */
  readonly dispose?: () => void
}

/** How a backend is started; a row of the table that the choice goes through. */
export type Adapter = {
  /** Where the automatic choice tries it. By name it is tried everywhere. */
  readonly automatic: readonly Environment[]
  /** The packages it needs, as `npm install` takes them. */
  readonly packages: string
  /** Loads the backend if it is not registered yet, and makes it current. Rejects if it cannot run here. */
  readonly start: (options: StartOptions) => Promise<Started>
  /** Once it is started: why the automatic choice had better go on, or undefined. */
  readonly unfit?: () => string | undefined
}

/** Backends by name, in the order in which the automatic choice tries them. */
export type Adapters = { readonly [name: string]: Adapter }
