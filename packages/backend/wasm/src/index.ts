export { KernelError, NoHeapError, OutOfMemoryError, ThreadError, WrongOptionError } from './errors.ts'
export { useWasm, type WasmOptions, type WasmReport } from './use-wasm.ts'
