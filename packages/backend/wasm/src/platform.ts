import type { WasmHost } from './device.ts'

/**
 * Where the browser finds the SIMD binary of `@tensorflow/tfjs-backend-wasm/wasm-out/`: the URL of its folder (with a final slash), or
 * the URL of the file by its name.
 */
export type WasmPaths = string | { readonly 'tfjs-backend-wasm-simd.wasm': string }

/** Threads used when none are asked for, at most: beyond, handing out the work of small layers costs more than it saves. */
export const mostThreads = 8

/** What `useWasm` needs from Node or the browser; `#platform` in package.json chooses the file. */
export type Platform = {
  /** How many threads are used when none are asked for. */
  readonly threads: () => number
  /** Starts the tfjs backend 'wasm' and makes it current. */
  readonly open: (options: { readonly paths?: WasmPaths }) => Promise<WasmHost>
}
