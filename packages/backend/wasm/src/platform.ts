import type { Ground } from './device.ts'

/** Where tfjs finds its binaries in the browser: the folder's URL (with a final slash) or a URL per file name. */
export type WasmPaths = string | { readonly [file in 'tfjs-backend-wasm.wasm' | 'tfjs-backend-wasm-simd.wasm' | 'tfjs-backend-wasm-threaded-simd.wasm']: string }

/** What `useWasm` needs from Node or the browser; `#platform` in package.json chooses the file. */
export type Platform = {
  /** How many threads are used when none are asked for. */
  readonly threads: () => number
  /** Starts the tfjs backend 'wasm' and makes it current. */
  readonly open: (options: { readonly threads: number; readonly paths?: WasmPaths }) => Promise<Ground>
}
