export type { WasmPaths } from './platform.ts'
export { useWasm, type WasmOptions, type WasmReport } from './use-wasm.ts'
